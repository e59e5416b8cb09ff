package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/geo"
)

// Accreditation is the social ministry's leave for an organization to serve.
type Accreditation struct {
	ID                 uuid.UUID  `json:"id" format:"uuid"`
	OrganizationID     uuid.UUID  `json:"organization_id" format:"uuid"`
	Status             string     `json:"status" example:"accredited" doc:"applied, under_review, accredited, suspended, expired, revoked or rejected."`
	Number             string     `json:"number,omitempty" example:"A-2026-014" doc:"From the day it was accredited."`
	ValidFrom          string     `json:"valid_from,omitempty" format:"date" doc:"The first day."`
	ValidTo            string     `json:"valid_to,omitempty" format:"date" doc:"The last day."`
	SuspensionKind     string     `json:"suspension_kind,omitempty" example:"administrative" doc:"Why it is suspended: administrative or safeguarding."`
	SuspendedAt        *time.Time `json:"suspended_at,omitempty"`
	LetterNumber       string     `json:"letter_number,omitempty" doc:"By which it was last moved."`
	Reason             string     `json:"reason,omitempty" doc:"Why it was last moved."`
	AllowedTransitions []string   `json:"allowed_transitions" doc:"What the associations directorate may do next, without what you prepared and another person decides. In paths, _ is written -."`
	Version            int        `json:"version"`
	UpdatedAt          time.Time  `json:"updated_at"`
}

// AccreditationList is a page of accreditations.
type AccreditationList struct {
	Items      []Accreditation `json:"items"`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

// NewAccreditation is an application.
type NewAccreditation struct {
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
}

// Grant is what accrediting decides.
type Grant struct {
	Number    string `json:"number" minLength:"1" maxLength:"60" example:"A-2026-014"`
	ValidFrom string `json:"valid_from" format:"date" example:"2026-01-01" doc:"The first day."`
	ValidTo   string `json:"valid_to" format:"date" example:"2026-12-31" doc:"The last day."`

	LetterNumber string `json:"letter_number,omitempty" maxLength:"60" example:"M-2026-214" doc:"By which it is decided."`
}

// Suspension is why something is suspended.
type Suspension struct {
	Kind string `json:"kind" enum:"administrative,safeguarding" doc:"An administrative one stops what is new; one for safeguarding cuts at once."`
	MovePaper
}

// MovePaper is by which letter an accreditation is moved, and why.
type MovePaper struct {
	LetterNumber string `json:"letter_number,omitempty" maxLength:"60" example:"M-2026-230"`
	Reason       string `json:"reason,omitempty" maxLength:"2000" doc:"The organization reads it."`
}

func (p *MovePaper) domain() directory.Paper {
	if p == nil {
		return directory.Paper{}
	}
	return directory.Paper(*p)
}

type accreditationsInput struct {
	Paged
	Organization optional[uuid.UUID] `query:"organization" format:"uuid" doc:"Only those of this organization."`
	Status       string              `query:"status" enum:"applied,under_review,accredited,suspended,expired,revoked,rejected" doc:"Only those of this status."`
}

type accreditationMoveInput[B any] struct {
	Keyed
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the accreditation."`
	Body B
}

// shownAccreditation is the accreditation as its reader has it: with what they may do with it today.
func (s *shell) shownAccreditation(ctx context.Context) func(directory.Accreditation) Accreditation {
	actor, today := actorOf(ctx), geo.Today(s.clock())
	return func(a directory.Accreditation) Accreditation { return accreditationOf(a, a.Events(actor, today)) }
}

func accreditationOf(a directory.Accreditation, events []directory.AccreditationEvent) Accreditation {
	out := Accreditation{
		ID: a.ID, OrganizationID: a.OrganizationID, Status: string(a.Status), Number: a.Number, ValidFrom: dayText(&a.ValidFrom), ValidTo: dayText(&a.ValidTo),
		SuspensionKind: string(a.Suspension), SuspendedAt: utcPointer(a.SuspendedAt), LetterNumber: a.LetterNumber, Reason: a.Reason,
		AllowedTransitions: names(events), Version: a.Version, UpdatedAt: utc(a.UpdatedAt),
	}
	return out
}

const accreditationPath = "/v1/accreditations"

// registerAccreditationMove registers POST /v1/accreditations/{id}/<event>.
func registerAccreditationMove[B any](s *shell, store *directory.Store, event directory.AccreditationEvent, summary, description string, example any, fill func(*directory.AccreditationMove, B)) {
	name := strings.ReplaceAll(string(event), "_", "-")
	register(s, operation{
		id: name + "-accreditation", method: http.MethodPost, path: accreditationPath + "/{id}/" + name, tag: "accreditations", scope: "accreditation.manage",
		summary: summary, description: description + " What may be found counts from the next request. For the associations directorate.",
		request: example, response: exampleAccreditation,
	}, func(ctx context.Context, in *accreditationMoveInput[B]) (*entity[Accreditation], error) {
		m := directory.AccreditationMove{ID: in.ID, Version: in.version, Event: event, Once: in.once(ctx)}
		fill(&m, in.Body)
		w, err := store.Move(ctx, actorOf(ctx), m)
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, w.Entity.Version, s.shownAccreditation(ctx)(w.Entity), w.Replayed)
	})
}

func (s *shell) accreditations(store *directory.Store) {
	const tag, path = "accreditations", accreditationPath
	register(s, operation{
		id: "create-accreditation", method: http.MethodPost, path: path, tag: tag, scope: "accreditation.manage", status: http.StatusCreated,
		summary: "Take an application for accreditation", description: "An organization has one open at a time. For the associations directorate.",
		request: NewAccreditation{OrganizationID: exampleOrganizationID}, response: exampleApplication(),
	}, func(ctx context.Context, in *createInput[NewAccreditation]) (*entity[Accreditation], error) {
		w, err := store.ApplyOnce(ctx, actorOf(ctx), in.Body.OrganizationID, in.once(ctx))
		if err != nil {
			return nil, err
		}
		e, err := written(http.StatusCreated, w.Entity.Version, s.shownAccreditation(ctx)(w.Entity), w.Replayed)
		return located(e, path+"/"+w.Entity.ID.String()), err
	})
	register(s, operation{
		id: "get-accreditation", method: http.MethodGet, path: path + "/{id}", tag: tag, scope: "directory.read",
		summary: "Read an accreditation", description: "For the ministry and the organization itself.", response: exampleAccreditation,
	}, func(ctx context.Context, in *idInput) (*entity[Accreditation], error) {
		a, err := store.Accreditation(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(a.Version, s.shownAccreditation(ctx)(a), in.Conditional)
	})
	register(s, operation{
		id: "list-accreditations", method: http.MethodGet, path: path, tag: tag, scope: "directory.read",
		summary: "List accreditations", description: "All for the ministry, its own for an organization, in the order of their ids.", response: AccreditationList{Items: []Accreditation{exampleAccreditation}},
	}, func(ctx context.Context, in *accreditationsInput) (*page[AccreditationList], error) {
		filters := []string{"accreditations", in.Organization.Value.String(), in.Status}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		found, err := store.Accreditations(ctx, actorOf(ctx), directory.Filter{
			OrganizationID: in.Organization.Value, Status: in.Status, After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		var list AccreditationList
		list.Items, list.NextCursor, err = listOf(found, in.Limit, filters, func(a directory.Accreditation) uuid.UUID { return a.ID }, s.shownAccreditation(ctx))
		return newPage(ctx, list, list.NextCursor), err
	})
	nothing := func(*directory.AccreditationMove, *Nothing) {}
	onPaper := func(m *directory.AccreditationMove, p *MovePaper) { m.Paper = p.domain() }
	paper := MovePaper{LetterNumber: "M-2026-230"}
	registerAccreditationMove(s, store, directory.StartReview, "Take an application into review", "The first step after the application.", nil, nothing)
	registerAccreditationMove(s, store, directory.Accredit, "Accredit", "The decision for the organization, with its number and its days, by another person than who registered the "+
		"application or took it into review. The organization has a notice.",
		Grant{Number: "A-2026-014", ValidFrom: "2026-01-01", ValidTo: "2026-12-31", LetterNumber: "M-2026-214"}, func(m *directory.AccreditationMove, b Grant) {
			m.Grant = &directory.Grant{Number: b.Number, ValidFrom: dateOf(b.ValidFrom), ValidTo: dateOf(b.ValidTo)}
			m.LetterNumber = b.LetterNumber
		})
	registerAccreditationMove(s, store, directory.Reject, "Reject an application", "The decision against it. The organization has a notice.", paper, onPaper)
	registerAccreditationMove(s, store, directory.Suspend, "Suspend", "Takes it out of force for a time.", Suspension{Kind: "administrative"},
		func(m *directory.AccreditationMove, b Suspension) {
			m.Suspension, m.Paper = directory.SuspensionKind(b.Kind), b.MovePaper.domain()
		})
	registerAccreditationMove(s, store, directory.Reinstate, "End a suspension", "It is in force again, as long as its days last.", paper, onPaper)
	registerAccreditationMove(s, store, directory.Revoke, "Revoke", "Ends it for good.", paper, onPaper)
	registerAccreditationMove(s, store, directory.Expire, "Close what has run out", "From the day after the last one. The search looks at the last day itself and does not wait for this.", nil, nothing)
	historyOf(s, store, directory.AccreditationEntity, historyText{id: "list-accreditation-history", path: path + "/{id}", tag: tag, of: "an accreditation"})
}

var exampleAccreditation = Accreditation{
	ID: exampleAccreditationID, OrganizationID: exampleOrganizationID, Status: "accredited", Number: "A-2026-014", ValidFrom: "2026-01-01", ValidTo: "2026-12-31",
	AllowedTransitions: []string{"revoke", "suspend"}, Version: 3, UpdatedAt: exampleTime,
}

func exampleApplication() Accreditation {
	return Accreditation{
		ID: exampleAccreditationID, OrganizationID: exampleOrganizationID, Status: "applied", AllowedTransitions: []string{"reject", "start_review"},
		Version: 1, UpdatedAt: exampleTime,
	}
}
