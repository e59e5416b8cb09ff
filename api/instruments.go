package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tahweel/mou"
	"tahweel/policy"
)

// FullInstrument is a memorandum, or what stands in its place, between the ministry and an organization.
type FullInstrument struct {
	ID           uuid.UUID        `json:"id" format:"uuid"`
	Status       string           `json:"status" example:"in_force" doc:"draft, proposed, signed, in_force, suspended, expired or terminated."`
	Version      int              `json:"version"`
	Organization OrganizationLine `json:"organization"`
	InstrumentTerms
	AllowedTransitions []string   `json:"allowed_transitions" doc:"What the ministry may do with it next. In paths, _ is written -."`
	TermsVersion       int        `json:"terms_version" doc:"Counts the amendments, from 1."`
	DraftedBy          *uuid.UUID `json:"drafted_by,omitempty" format:"uuid" doc:"The account that drafted it; it does not sign, nor does who changed the draft."`
	Supersedes         *uuid.UUID `json:"supersedes,omitempty" format:"uuid" doc:"The instrument that this one amends."`
	SupersededBy       *uuid.UUID `json:"superseded_by,omitempty" format:"uuid" doc:"The amendment that took its place."`
	LetterNumber       string     `json:"letter_number,omitempty" example:"MoSD/1044/2026"`
	DocumentSHA256     []byte     `json:"document_sha256,omitempty" doc:"Of the Arabic document that was signed, base64."`
	SignedAt           *time.Time `json:"signed_at,omitempty"`
	Stop               *Stop      `json:"stop,omitempty" doc:"Present while it is suspended and once it was terminated."`
	CreatedAt          time.Time  `json:"created_at"`
	UpdatedAt          time.Time  `json:"updated_at"`
}

// OrganizationLine is an organization in one line.
type OrganizationLine struct {
	ID   uuid.UUID `json:"id" format:"uuid"`
	Name Text      `json:"name"`
}

// InstrumentTerms are what an instrument says; terms and cleared persons are left out of lists.
type InstrumentTerms struct {
	Kind              string           `json:"kind" enum:"memorandum,internal_order,inter_agency_protocol,letter"`
	Number            string           `json:"number" minLength:"1" maxLength:"100" example:"2026/014" doc:"Of the ministry's register; no two have the same."`
	ValidFrom         string           `json:"valid_from" format:"date" example:"2026-01-01"`
	ValidTo           string           `json:"valid_to" format:"date" example:"2026-12-31" doc:"The last day."`
	OnwardSharing     string           `json:"onward_sharing,omitempty" enum:"no,on_request" doc:"Whether what was shown may be handed on; only the ministry sends. no unless it says so."`
	RetentionDays     int              `json:"retention_days,omitempty" minimum:"1" maximum:"36500" doc:"1825 unless it says so."`
	BreachNoticeHours int              `json:"breach_notice_hours,omitempty" minimum:"1" maximum:"72" doc:"24 unless it says so."`
	Terms             []InstrumentTerm `json:"terms,omitempty" maxItems:"100"`
	ClearedPersons    []uuid.UUID      `json:"cleared_persons,omitempty" format:"uuid" maxItems:"200" uniqueItems:"true" doc:"Accounts that may see tier 3. At a provider each sees their own clearance only."`
}

// InstrumentTerm is who may refer what for whom, and what the provider then sees. Terms are never united with each other.
type InstrumentTerm struct {
	Number       int               `json:"number,omitempty" readOnly:"true" doc:"Given in the order of the list, from 1."`
	Directorates []uuid.UUID       `json:"directorates" format:"uuid" minItems:"1" maxItems:"100" uniqueItems:"true" doc:"That may refer."`
	Needs        []string          `json:"needs" minItems:"1" maxItems:"200" uniqueItems:"true" example:"[\"DIS-PHYSIO\"]" doc:"Codes; a root covers its leaves."`
	Governorates []string          `json:"governorates" minItems:"1" maxItems:"16" uniqueItems:"true" example:"[\"PS0150\"]" doc:"Of the client's place."`
	TargetGroups []string          `json:"target_groups,omitempty" maxItems:"20" uniqueItems:"true" example:"[\"children\"]" doc:"Absent: everybody."`
	Purposes     []string          `json:"purposes,omitempty" maxItems:"20" uniqueItems:"true" example:"[\"service_provision\"]" doc:"service_provision unless it says so."`
	MaxTier      int               `json:"max_tier" minimum:"1" maximum:"3" doc:"The highest sensitivity that may be referred."`
	Grants       []string          `json:"grants" maxItems:"6" uniqueItems:"true" enum:"C,D,E,F,G,H" example:"[\"C\",\"D\",\"E\"]" doc:"The groups of fields that the provider sees after it accepted."`
	Quotas       []InstrumentQuota `json:"quotas,omitempty" maxItems:"100"`
}

// InstrumentQuota limits what a term takes.
type InstrumentQuota struct {
	DirectorateID *uuid.UUID `json:"directorate_id,omitempty" format:"uuid" doc:"Absent: all of the term's together."`
	Period        string     `json:"period" enum:"open,month" doc:"open: at one time; month: sent in a calendar month."`
	Cap           int        `json:"cap" minimum:"1" maximum:"1000000"`
	Used          int        `json:"used,omitempty" readOnly:"true" doc:"Now, or in the running month."`
}

// Stop is how an instrument was stopped. Nothing new is sent under it.
type Stop struct {
	SuspendedAt        *time.Time `json:"suspended_at,omitempty"`
	SuspensionKind     string     `json:"suspension_kind,omitempty" example:"administrative" doc:"administrative or safeguarding."`
	TerminatedAt       *time.Time `json:"terminated_at,omitempty"`
	TerminatedForCause bool       `json:"terminated_for_cause,omitempty"`
	WindDownEndsAt     *time.Time `json:"wind_down_ends_at,omitempty" doc:"Until when what is under way may be brought to an end; absent: it was cut at once."`
	Reason             string     `json:"reason,omitempty"`
}

// NewInstrument is what an officer writes to draft an instrument.
type NewInstrument struct {
	OrganizationID uuid.UUID `json:"organization_id" format:"uuid"`
	InstrumentTerms
}

// NewAmendment is what an officer writes to draft a new version.
type NewAmendment struct {
	Number    string `json:"number" minLength:"1" maxLength:"100" example:"2026/014-A1"`
	ValidFrom string `json:"valid_from" format:"date" example:"2026-07-01"`
	ValidTo   string `json:"valid_to" format:"date" example:"2027-06-30"`
}

// Signature is what the ministry's signature rests on.
type Signature struct {
	LetterNumber   string `json:"letter_number" minLength:"1" maxLength:"100" example:"MoSD/1044/2026"`
	DocumentSHA256 []byte `json:"document_sha256" doc:"SHA-256 of the signed Arabic document, base64 of its 32 bytes." example:"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="`
}

// InstrumentSuspension is why and how an instrument is suspended.
type InstrumentSuspension struct {
	Kind   string `json:"kind" enum:"administrative,safeguarding" doc:"administrative leaves 14 days to wind down, safeguarding cuts at once."`
	Reason string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Termination is why an instrument ends before its time.
type Termination struct {
	ForCause bool   `json:"for_cause" doc:"true cuts everything at once, false leaves 14 days to wind down."`
	Reason   string `json:"reason" minLength:"1" maxLength:"1000"`
}

// Clearances are the cleared persons who stay.
type Clearances struct {
	ClearedPersons []uuid.UUID `json:"cleared_persons" format:"uuid" maxItems:"200" uniqueItems:"true"`
}

// InstrumentList is a page of instruments.
type InstrumentList struct {
	Items      []FullInstrument `json:"items"`
	NextCursor string           `json:"next_cursor,omitempty" doc:"Absent on the last page."`
}

func (t InstrumentTerms) domain() mou.Instrument {
	in := mou.Instrument{
		Kind: mou.Kind(t.Kind), Number: t.Number, ValidFrom: dateOf(t.ValidFrom), ValidTo: dateOf(t.ValidTo),
		OnwardSharing: mou.OnwardSharing(t.OnwardSharing), RetentionDays: t.RetentionDays, BreachNoticeHours: t.BreachNoticeHours,
		Cleared: t.ClearedPersons,
	}
	for _, term := range t.Terms {
		in.Terms = append(in.Terms, term.domain())
	}
	return in
}

func (t InstrumentTerm) domain() mou.Term {
	grants, _ := policy.ParseGroups(t.Grants) // validation has seen that they are groups
	out := mou.Term{
		Directorates: t.Directorates, Needs: t.Needs, Governorates: t.Governorates, TargetGroups: t.TargetGroups, Purposes: t.Purposes,
		MaxTier: t.MaxTier, Grants: grants,
	}
	for _, q := range t.Quotas {
		out.Quotas = append(out.Quotas, mou.Quota{DirectorateID: q.DirectorateID, Period: mou.Period(q.Period), Cap: q.Cap})
	}
	return out
}

func instrumentOf(in mou.Instrument) FullInstrument {
	out := FullInstrument{
		ID: in.ID, Status: string(in.Status), Version: in.Version,
		Organization: OrganizationLine{ID: in.OrganizationID, Name: textOf(in.OrganizationName)},
		InstrumentTerms: InstrumentTerms{
			Kind: string(in.Kind), Number: in.Number, ValidFrom: in.ValidFrom.Format(time.DateOnly), ValidTo: in.ValidTo.Format(time.DateOnly),
			OnwardSharing: string(in.OnwardSharing), RetentionDays: in.RetentionDays, BreachNoticeHours: in.BreachNoticeHours, ClearedPersons: in.Cleared,
		},
		TermsVersion: in.TermsVersion, DraftedBy: in.DraftedBy, Supersedes: in.Supersedes, SupersededBy: in.SupersededBy,
		LetterNumber: in.LetterNumber, DocumentSHA256: in.DocumentSHA256, SignedAt: utcPointer(in.SignedAt),
		AllowedTransitions: []string{}, CreatedAt: utc(in.CreatedAt), UpdatedAt: utc(in.UpdatedAt),
	}
	for _, t := range in.Status.Transitions() {
		out.AllowedTransitions = append(out.AllowedTransitions, string(t))
	}
	for _, t := range in.Terms {
		out.Terms = append(out.Terms, instrumentTermOf(t))
	}
	if in.SuspendedAt != nil || in.TerminatedAt != nil {
		out.Stop = &Stop{
			SuspendedAt: utcPointer(in.SuspendedAt), SuspensionKind: string(in.SuspensionKind), TerminatedAt: utcPointer(in.TerminatedAt),
			TerminatedForCause: in.TerminatedForCause, WindDownEndsAt: utcPointer(in.WindDownEndsAt), Reason: in.Reason,
		}
	}
	return out
}

func instrumentTermOf(t mou.Term) InstrumentTerm {
	out := InstrumentTerm{
		Number: t.Number, Directorates: t.Directorates, Needs: t.Needs, Governorates: t.Governorates, TargetGroups: t.TargetGroups,
		Purposes: t.Purposes, MaxTier: t.MaxTier, Grants: t.Grants.Letters(),
	}
	for _, q := range t.Quotas {
		out.Quotas = append(out.Quotas, InstrumentQuota{DirectorateID: q.DirectorateID, Period: string(q.Period), Cap: q.Cap, Used: q.Used})
	}
	return out
}

type instrumentInput struct {
	Conditional
	ID uuid.UUID `path:"id" format:"uuid" doc:"Of the instrument."`
}

type instrumentsInput struct {
	Paged
	OrganizationID uuid.UUID `query:"organization_id" format:"uuid" doc:"Only those of this organization."`
	Status         string    `query:"status" enum:"draft,proposed,signed,in_force,suspended,expired,terminated" doc:"Only instruments in this state."`
	InForceOn      string    `query:"in_force_on" format:"date" doc:"Only those in force, of whose days this is one."`
}

type newInstrumentInput struct {
	Keyed
	Body NewInstrument
}

type changeInstrumentInput struct {
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the instrument."`
	Body InstrumentTerms
}

type clearancesInput struct {
	Versioned
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the instrument."`
	Body Clearances
}

type amendInput struct {
	Keyed
	ID   uuid.UUID `path:"id" format:"uuid" doc:"Of the instrument in force."`
	Body NewAmendment
}

func (s *shell) instruments(store *mou.Store) {
	s.instrumentReads(store)
	s.instrumentWrites(store)
	s.instrumentMoves(store)
	registerEntryHistory(s, "instruments", "an instrument", store.History)
}

func (s *shell) instrumentReads(store *mou.Store) {
	register(s, operation{
		id: "get-instrument", method: http.MethodGet, path: "/v1/instruments/{id}", tag: "instruments", scope: "directory.read",
		summary: "Read an instrument", description: "With its terms and what is used of its quotas. The ministry reads all, an organization its own.", response: exampleInstrument,
	}, func(ctx context.Context, in *instrumentInput) (*entity[FullInstrument], error) {
		found, err := store.Instrument(ctx, actorOf(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return newEntity(found.Version, instrumentOf(found), in.Conditional)
	})
	register(s, operation{
		id: "list-instruments", method: http.MethodGet, path: "/v1/instruments", tag: "instruments", scope: "directory.read",
		summary: "List instruments", description: "Those you may read, the newest first, without terms and cleared persons.", response: InstrumentList{Items: []FullInstrument{exampleInstrument}},
	}, func(ctx context.Context, in *instrumentsInput) (*page[InstrumentList], error) {
		filters := []string{"instruments", in.OrganizationID.String(), in.Status, in.InForceOn}
		after, err := afterID(in.Cursor, filters)
		if err != nil {
			return nil, err
		}
		f := mou.Filter{OrganizationID: in.OrganizationID, Status: mou.Status(in.Status), After: after, Limit: in.Limit + 1}
		if in.InForceOn != "" {
			f.InForceOn = new(dateOf(in.InForceOn))
		}
		found, err := store.Instruments(ctx, actorOf(ctx), f)
		if err != nil {
			return nil, err
		}
		items, next := cut(found, in.Limit, func(i mou.Instrument) uuid.UUID { return i.ID })
		list := InstrumentList{Items: make([]FullInstrument, len(items))}
		for i, v := range items {
			list.Items[i] = instrumentOf(v)
		}
		list.NextCursor, err = nextCursor(next, filters)
		return newPage(ctx, list, list.NextCursor), err
	})
}

func (s *shell) instrumentWrites(store *mou.Store) {
	register(s, operation{
		id: "create-instrument", method: http.MethodPost, path: "/v1/instruments", tag: "instruments", scope: "mou.manage", status: http.StatusCreated,
		summary: "Draft an instrument", description: "A draft permits nothing. Who drafts it does not sign it.", request: exampleNewInstrument, response: exampleInstrument,
	}, func(ctx context.Context, in *newInstrumentInput) (*entity[FullInstrument], error) {
		draft := in.Body.InstrumentTerms.domain()
		draft.OrganizationID = in.Body.OrganizationID
		result, err := store.Create(ctx, actorOf(ctx), draft, in.once(ctx))
		return createdInstrument(result, err)
	})
	register(s, operation{
		id: "amend-instrument", method: http.MethodPost, path: "/v1/instruments/{id}/amend", tag: "instruments", scope: "mou.manage", status: http.StatusCreated,
		summary: "Draft a new version of an instrument in force",
		description: "The draft has the terms and cleared persons of the old version, to be changed before it is proposed. When it enters into force, the old version expires " +
			"in the same moment; what is under way goes on under the new one.",
		request: NewAmendment{Number: "2026/014-A1", ValidFrom: "2026-07-01", ValidTo: "2027-06-30"}, response: exampleInstrument,
	}, func(ctx context.Context, in *amendInput) (*entity[FullInstrument], error) {
		result, err := store.Amend(ctx, actorOf(ctx), in.ID, mou.Amendment{
			Number: in.Body.Number, ValidFrom: dateOf(in.Body.ValidFrom), ValidTo: dateOf(in.Body.ValidTo),
		}, in.once(ctx))
		return createdInstrument(result, err)
	})
	register(s, operation{
		id: "change-instrument", method: http.MethodPut, path: "/v1/instruments/{id}", tag: "instruments", scope: "mou.manage", errors: []int{409, 422},
		summary: "Write a draft anew", description: "All of its terms, as a whole; also of what is proposed. Once signed, an instrument does not change: amend it. Who changes a draft does not sign it.",
		request: exampleNewInstrument.InstrumentTerms, response: exampleInstrument,
	}, func(ctx context.Context, in *changeInstrumentInput) (*entity[FullInstrument], error) {
		changed, err := store.Change(ctx, actorOf(ctx), in.ID, in.version, in.Body.domain())
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, changed.Version, instrumentOf(changed), false)
	})
	register(s, operation{
		id: "withdraw-clearances", method: http.MethodPut, path: "/v1/instruments/{id}/cleared-persons", tag: "instruments", scope: "mou.manage", errors: []int{422},
		summary: "Take clearances back", description: "Only the named of the cleared persons stay; it counts at once. Who is cleared is a term of the instrument: a further person takes a draft or an amendment.",
		request: Clearances{ClearedPersons: []uuid.UUID{exampleCleared}}, response: exampleInstrument,
	}, func(ctx context.Context, in *clearancesInput) (*entity[FullInstrument], error) {
		changed, err := store.WithdrawClearances(ctx, actorOf(ctx), in.ID, in.version, in.Body.ClearedPersons)
		if err != nil {
			return nil, err
		}
		return written(http.StatusOK, changed.Version, instrumentOf(changed), false)
	})
}

func createdInstrument(result mou.Result, err error) (*entity[FullInstrument], error) {
	if err != nil {
		return nil, err
	}
	e, err := written(http.StatusCreated, result.Version, instrumentOf(result.Instrument), result.Replayed)
	return located(e, "/v1/instruments/"+result.ID.String()), err
}

var exampleCleared = uuid.MustParse("0198c0de-9999-7000-8000-000000000001")

var exampleInstrument = FullInstrument{
	ID: uuid.MustParse("0198c0de-6666-7000-8000-000000000001"), Status: "in_force", Version: 4, AllowedTransitions: []string{"expire", "suspend", "terminate"},
	Organization: OrganizationLine{ID: exampleAttempt.Organization.ID, Name: exampleAttempt.Organization.Name},
	InstrumentTerms: InstrumentTerms{
		Kind: "memorandum", Number: "2026/014", ValidFrom: "2026-01-01", ValidTo: "2026-12-31", OnwardSharing: "no", RetentionDays: 1825, BreachNoticeHours: 24,
		Terms: []InstrumentTerm{{
			Number: 1, Directorates: []uuid.UUID{exampleDirectorateID}, Needs: []string{"DIS-PHYSIO"}, Governorates: []string{"PS0150"},
			Purposes: []string{"service_provision"}, MaxTier: 2, Grants: []string{"C", "D", "E"}, Quotas: []InstrumentQuota{{Period: "open", Cap: 40, Used: 12}},
		}},
		ClearedPersons: []uuid.UUID{exampleCleared},
	},
	TermsVersion: 1, LetterNumber: "MoSD/1044/2026", SignedAt: &exampleTime, CreatedAt: exampleTime, UpdatedAt: exampleTime,
}

var exampleNewInstrument = func() NewInstrument {
	terms := exampleInstrument.InstrumentTerms
	term := terms.Terms[0]
	term.Number, term.Quotas = 0, []InstrumentQuota{{Period: "open", Cap: 40}}
	terms.Terms = []InstrumentTerm{term}
	return NewInstrument{OrganizationID: exampleInstrument.Organization.ID, InstrumentTerms: terms}
}()
