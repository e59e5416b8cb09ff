package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Intake is what files say of one organization, to be brought into the register as a whole.
type Intake struct {
	OrganizationID uuid.UUID
	Source         string                  // the publisher; never empty
	Organization   *Incoming[Organization] // nil: the files say nothing of it
	Locations      []Incoming[Location]
	Services       []Incoming[Service]
	Offers         []Incoming[ServiceAtLocation]
}

// Incoming is one thing of an intake. Of gives what it is to be, from what it was, which is nil for a new one; it decides what the files
// cannot say and what therefore stays. For an organization's own people it was what they proposed last, if that waits.
type Incoming[T any] struct {
	ID uuid.UUID
	Of func(was *T) T
}

// Verdict is what became of a thing of an intake.
type Verdict struct {
	Created, Updated bool          // neither: it stands as it stood
	Waits            ChangeRequest // what of it an officer decides; without an id: nothing waits
	Withdrawn        bool          // what waited was taken back, because the files say what stands there
	Refused          *fault.Error  // it was not written
}

// Taken is what became of an intake. Things are told apart by kind and id.
type Taken struct {
	Organization Verdict
	Locations    map[uuid.UUID]Verdict
	Services     map[uuid.UUID]Verdict
	Offers       map[uuid.UUID]Verdict
}

var (
	errOfAnotherSource = fault.New(fault.Impossible, "of_another_source",
		"A record with this id came from another publisher.", "سجل بهذا المعرّف جاء من ناشر آخر.")
	errOfAnotherOrganization = fault.New(fault.Impossible, "of_another_organization",
		"A record with this id belongs to another organization.", "سجل بهذا المعرّف يعود إلى منظمة أخرى.")
	errNotYours = fault.New(fault.Forbidden, "not_yours",
		"You may import the records of your own organization only.", "لك أن تستورد سجلات منظمتك فقط.")
	errKeptByDirectorate = fault.New(fault.Forbidden, "kept_by_directorate",
		"What an organization is and is called is changed by the associations directorate: ask it to change this.",
		"صفة المنظمة واسمها وتسجيلها تغيّرها مديرية الجمعيات: اطلب منها تغييرها.")
	errEndedAtFirst = fault.New(fault.Refused, "ended_at_first",
		"What has ended cannot be entered as new.", "لا يُدرج ما انتهى على أنه جديد.")
	errOwnerRefused = fault.New(fault.Refused, "owner_skipped", "What the record belongs to was skipped.", "السجل الذي ينتمي إليه استُبعد.")
)

// Import brings an intake into the register in the transaction of q, and refreshes what may be found. A thing that equals what stands
// there is not written and keeps its version. A thing that breaks a rule is refused by itself, with what hangs on it. Who does not run
// the register imports for the own organization what one could also write piece by piece: what waits then waits here too, as a
// ChangeRequest, and who sends the same file again has asked once. Import fails only if the database does, and with fault.Forbidden
// unless the actor is the system or may import for the organization.
func Import(ctx context.Context, q pg.Querier, actor policy.Actor, in Intake, now time.Time) (Taken, error) {
	if _, _, ok := actor.May(policy.Manage, policy.ClassImport, policy.Object{OrganizationID: in.OrganizationID}); !ok && actor.Kind != policy.System {
		return Taken{}, policy.RoleForbids(policy.Manage, policy.ClassImport)
	}
	t := taking{
		q: q, actor: actor, own: !keeps(actor, in.OrganizationID), in: in, now: now,
		out: Taken{Locations: map[uuid.UUID]Verdict{}, Services: map[uuid.UUID]Verdict{}, Offers: map[uuid.UUID]Verdict{}},
	}
	for _, step := range []func(context.Context) error{t.organization, t.locations, t.services, t.offers} {
		if err := step(ctx); err != nil {
			return Taken{}, err
		}
	}
	if !t.wrote {
		return t.out, nil
	}
	return t.out, refresh(ctx, q, in.OrganizationID)
}

type taking struct {
	q     pg.Querier
	actor policy.Actor
	own   bool // the organization's own people import: they keep its catalogue, and not the register
	in    Intake
	now   time.Time
	out   Taken
	wrote bool
	owner *Organization // as it stands once organization has run; nil: there is none
	here  map[uuid.UUID]Location
	given map[uuid.UUID]Service
	waits map[uuid.UUID]ChangeRequest // things → what waits for them
}

// ids are those of the things, for reading all of them at once.
func ids[T any](list []Incoming[T]) []uuid.UUID {
	out := make([]uuid.UUID, len(list))
	for i, in := range list {
		out[i] = in.ID
	}
	return out
}

// foreign reports whether a thing of the source may not be changed by the other. What was entered here belongs to every publisher that
// names its id, because it can only have the id from here.
func foreign(source, by string) bool { return source != "" && source != by }

func whereThere[T any](v T, there bool) *T {
	if !there {
		return nil
	}
	return &v
}
