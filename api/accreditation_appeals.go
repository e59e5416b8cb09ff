package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// AccreditationAppeal is an organization's objection to a rejection, a suspension or a revocation.
type AccreditationAppeal struct {
	ID                 uuid.UUID     `json:"id" format:"uuid"`
	OrganizationID     uuid.UUID     `json:"organization_id" format:"uuid"`
	Against            string        `json:"against" example:"rejection" doc:"rejection, suspension or revocation."`
	Status             string        `json:"status" example:"lodged" doc:"lodged, signed, decided or withdrawn."`
	Ruling             *AppealRuling `json:"ruling,omitempty" doc:"Until it is decided, for the directorate alone."`
	AllowedTransitions []string      `json:"allowed_transitions" doc:"What may be done next, by whoever may. In paths, _ is written -."`
	Version            int           `json:"version"`
	UpdatedAt          time.Time     `json:"updated_at"`
	NewAppeal
}

// NewAppeal is an appeal as it is lodged.
type NewAppeal struct {
	ApplicationID   *uuid.UUID `json:"application_id,omitempty" format:"uuid" doc:"That was rejected. Give this or accreditation_id."`
	AccreditationID *uuid.UUID `json:"accreditation_id,omitempty" format:"uuid" doc:"That was suspended or revoked."`
	Grounds         string     `json:"grounds" minLength:"1" maxLength:"8000"`
}

// AppealRuling is what is decided on an appeal.
type AppealRuling struct {
	Outcome      string `json:"outcome" enum:"upheld,overturned" doc:"What becomes of what was appealed against."`
	LetterNumber string `json:"letter_number" minLength:"1" maxLength:"60" example:"M-2026-301"`
	Reason       Text   `json:"reason"`
}

type appealsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Status       string              `query:"status" enum:"lodged,signed,decided,withdrawn" doc:"Only those of this status."`
}

func appealOf(a accreditation.Appeal) (uuid.UUID, int, AccreditationAppeal) {
	out := AccreditationAppeal{
		ID: a.ID, OrganizationID: a.OrganizationID, Against: string(a.Against), Status: string(a.Status), AllowedTransitions: names(a.Events()), Version: a.Version,
		UpdatedAt: utc(a.UpdatedAt), NewAppeal: NewAppeal{ApplicationID: idOrNil(a.ApplicationID), AccreditationID: idOrNil(a.AccreditationID), Grounds: a.Grounds},
	}
	if a.Outcome != "" {
		out.Ruling = &AppealRuling{Outcome: string(a.Outcome), LetterNumber: a.LetterNumber, Reason: textOf(a.Reason)}
	}
	return a.ID, a.Version, out
}

func (s *shell) accreditationAppeals(store *accreditation.Store) {
	type (
		written = accreditation.Written[accreditation.Appeal]
		move    = accreditation.Move
	)
	const tag, path, deciders = "accreditation-appeals", "/v1/accreditation-appeals", "For officers and signatories of the associations directorate who had no part in what is appealed against."
	registerList(s, operation{
		id: "list-accreditation-appeals", path: path, tag: tag, summary: "List appeals", description: "In the order of their ids. " + applicationSeenBy,
		response: List[AccreditationAppeal]{Items: []AccreditationAppeal{exampleAppeal}},
	}, func(in *appealsInput) (Paged, accreditation.Filter) {
		return in.Paged, accreditation.Filter{OrganizationID: in.Organization.Value, Status: in.Status}
	}, store.Appeals, appealOf)
	registerGet(s, operation{id: "get-accreditation-appeal", path: path + "/{id}", tag: tag, summary: "Read an appeal", description: applicationSeenBy, response: exampleAppeal}, store.Appeal, appealOf)
	registerCreate(s, operation{
		id: "create-accreditation-appeal", path: path, tag: tag, scope: "directory.write", summary: "Lodge an appeal",
		description: "Against the rejection of an application, or the suspension or revocation of an accreditation. " + applicant, request: exampleAppeal.NewAppeal, response: exampleAppeal,
	}, func(ctx context.Context, a policy.Actor, b NewAppeal, once pg.Once) (written, error) {
		return store.LodgeAppeal(ctx, a, accreditation.Appeal{ApplicationID: orZero(b.ApplicationID), AccreditationID: orZero(b.AccreditationID), Grounds: b.Grounds}, once)
	}, appealOf)
	step := func(verb, scope, summary, description string) operation {
		return operation{
			id: verb + "-accreditation-appeal", path: path + "/{id}/" + verb, tag: tag, scope: scope, summary: summary, description: description, response: exampleAppeal,
		}
	}
	registerStep(s, step("withdraw", "directory.write", "Take an appeal back", "Until it is signed. The organization's focal point or client does it."),
		func(ctx context.Context, a policy.Actor, m move, _ *Nothing) (written, error) {
			return store.WithdrawAppeal(ctx, a, m)
		}, appealOf)
	sign := step("sign", "accreditation.manage", "Sign a decision on an appeal", "The first of two persons. "+deciders)
	sign.request = AppealRuling{Outcome: "overturned", LetterNumber: "M-2026-301", Reason: Text{AR: "استُكملت الوثائق.", EN: "The documents were completed."}}
	registerStep(s, sign, func(ctx context.Context, a policy.Actor, m move, b AppealRuling) (written, error) {
		return store.SignAppeal(ctx, a, m, accreditation.AppealRuling{
			Outcome: accreditation.AppealOutcome(b.Outcome), LetterNumber: b.LetterNumber, Reason: b.Reason.sentence(),
		})
	}, appealOf)
	registerStep(s, step("confirm", "accreditation.manage", "Confirm a decision on an appeal", "The second person. What is overturned is undone at once: a rejected application is under "+
		"review again and a timely renewal continues again from that day, a suspension ends, a revoked accreditation is given anew. "+deciders),
		func(ctx context.Context, a policy.Actor, m move, _ *Nothing) (written, error) {
			return store.ConfirmAppeal(ctx, a, m)
		}, appealOf)
	registerStep(s, step("hand-back", "accreditation.manage", "Hand a decision on an appeal back", "Instead of confirming it. "+deciders),
		func(ctx context.Context, a policy.Actor, m move, _ *Nothing) (written, error) {
			return store.HandAppealBack(ctx, a, m)
		}, appealOf)
}

var exampleAppeal = AccreditationAppeal{
	ID: exampleAppealID, OrganizationID: exampleOrganizationID, Against: "rejection", Status: "lodged", AllowedTransitions: []string{"sign", "withdraw"}, Version: 1,
	UpdatedAt: exampleTime, NewAppeal: NewAppeal{ApplicationID: &exampleApplicationID, Grounds: "استُكملت الوثائق قبل القرار."},
}
