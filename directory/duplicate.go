package directory

import (
	"bytes"
	"context"
	"math"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

// Duplicate is two entries that may be one thing, with what speaks for it.
type Duplicate struct {
	Kind    TextEntity // organization or location
	A, B    DuplicateEntry
	Score   int // 1 to 100: how much speaks for it
	Reasons []Reason
}

// DuplicateEntry is one of the two.
type DuplicateEntry struct {
	ID             uuid.UUID
	Name           Name
	OrganizationID uuid.UUID // whose it is; of an organization, itself
	Version        int       // what a merge needs
}

// DuplicatePosition is where a page of duplicates ended. Its fields are not a contract.
type DuplicatePosition struct{ A, B uuid.UUID }

// DuplicatePage is one page of duplicates. It may be shorter than asked for, even empty, and still have a Next.
type DuplicatePage struct {
	Items []Duplicate
	Next  *DuplicatePosition // nil on the last page
}

// Dismissal says that two entries that resemble each other are two things. It is remembered: nobody is asked again.
type Dismissal struct {
	ID          uuid.UUID
	Kind        TextEntity
	Pair        [2]uuid.UUID // in the order of the ids
	DismissedAt time.Time
	Version     int
}

func (d Dismissal) key() (uuid.UUID, int) { return d.ID, d.Version }

// The codes of the reasons that speak for a duplicate.
const (
	SameRegistration  = "same_registration"
	SameName          = "same_name"
	SimilarName       = "similar_name"
	SameTelephone     = "same_telephone"
	NearEachOther     = "near"
	SameOrganization  = "same_organization"
	OtherOrganization = "other_organization"
)

var duplicateReasons = map[string]Name{
	SameRegistration:  {EN: "Both have the same registration with the same authority.", AR: "للسجلين رقم التسجيل نفسه لدى الجهة نفسها."},
	SameName:          {EN: "The names are the same.", AR: "الاسمان متطابقان."},
	SimilarName:       {EN: "The names are similar.", AR: "الاسمان متشابهان."},
	SameTelephone:     {EN: "They share a telephone number.", AR: "يشتركان في رقم هاتف."},
	NearEachOther:     {EN: "They are within 300 metres of each other.", AR: "يقعان ضمن مسافة 300 متر."},
	SameOrganization:  {EN: "Both belong to one organization.", AR: "كلاهما لمنظمة واحدة."},
	OtherOrganization: {EN: "They belong to two organizations, which may be one.", AR: "هما لمنظمتين قد تكونان واحدة."},
}

const (
	duplicateMeters   = 300 // how near two entries of one thing may stand
	duplicateSubjects = 20  // entries looked at in one round
	duplicatePairs    = 200 // pairs looked at in one round
	duplicateRounds   = 25  // rounds for one page: the work for a page has an end however few or many duplicates there are
	certain           = 1000
)

// Duplicates lists entries that may be one thing, in the order of their ids, without those that were dismissed: the names, the telephone
// numbers and the distance speak for it, and of organizations the registration. It fails with fault.Forbidden unless the actor may
// manage organizations, and with fault.Invalid for a kind that is none.
func (s *Store) Duplicates(ctx context.Context, actor policy.Actor, kind TextEntity, after *DuplicatePosition, limit int) (page DuplicatePage, err error) {
	var l fault.List
	oneOf(&l, "?kind", kind, OrganizationText, LocationText)
	err = s.manage(ctx, actor, policy.ClassOrganization, invalidQuery(l), func(q pg.Querier) error {
		page, err = duplicates(ctx, q, kind, after, limit)
		return err
	})
	return page, err
}

// DismissDuplicate remembers that the two are two things; saying so again changes nothing. It fails with fault.Forbidden unless the actor
// may manage organizations, and with fault.Refused if they are one, or do not exist.
func (s *Store) DismissDuplicate(ctx context.Context, actor policy.Actor, kind TextEntity, pair [2]uuid.UUID, once pg.Once) (Written[Dismissal], error) {
	d := deed{actor: actor, what: "duplicate.dismiss", once: once}
	return perform(ctx, s, d, selectDismissal, func(q pg.Querier, now time.Time) (Dismissal, error) {
		var l fault.List
		oneOf(&l, "/kind", kind, OrganizationText, LocationText)
		if pair[0] == pair[1] {
			l.Add("/ids", "Name two different ones.", "حدد سجلين مختلفين.")
		}
		if err := l.Err(); err != nil {
			return Dismissal{}, err
		}
		if bytes.Compare(pair[0][:], pair[1][:]) > 0 {
			pair[0], pair[1] = pair[1], pair[0]
		}
		for _, id := range pair {
			var err error
			if kind == OrganizationText {
				_, err = readOrganization(ctx, q, actor, id)
			} else {
				_, err = readLocation(ctx, q, actor, id)
			}
			if notFound(err) {
				l.Add("/ids", "There is no such thing here.", "لا يوجد سجل كهذا هنا.")
				return Dismissal{}, l.Err()
			}
			if err != nil {
				return Dismissal{}, err
			}
		}
		made := Dismissal{Kind: kind, Pair: pair, DismissedAt: now}
		if err := identify(&made.ID); err != nil {
			return Dismissal{}, err
		}
		return insertDismissal(ctx, q, made, actor)
	})
}

// resemblance is what two entries have in common.
type resemblance struct {
	Name             int // of 1000
	Registration     bool
	Telephone        bool
	DistanceMeters   *float64 // nil: not known
	SameOrganization bool
}

func (r resemblance) near() bool {
	return r.DistanceMeters != nil && *r.DistanceMeters <= duplicateMeters
}

// speaks reports whether what two entries have in common is worth a person's time.
func (r resemblance) speaks(kind TextEntity) bool {
	if kind == LocationText {
		return r.near() && (r.Name >= 500 || r.Telephone) || r.SameOrganization && r.DistanceMeters == nil && r.Name >= 700
	}
	return r.Registration || r.Telephone || r.Name >= 700 || r.Name >= 500 && r.near()
}

// score weighs it: the name most, a telephone less, nearness least; a registration alone is certain.
func (r resemblance) score() int {
	if r.Registration {
		return 100
	}
	score := 60 * float64(r.Name) / certain
	if r.Telephone {
		score += 25
	}
	if r.near() {
		score += 14
	}
	return max(1, int(math.Round(score)))
}

func (r resemblance) reasons(kind TextEntity) (reasons []Reason) {
	for _, one := range []struct {
		code  string
		holds bool
	}{
		{SameRegistration, r.Registration}, {SameName, r.Name == certain}, {SimilarName, r.Name >= 500 && r.Name < certain},
		{SameTelephone, r.Telephone}, {NearEachOther, r.near()},
		{SameOrganization, kind == LocationText && r.SameOrganization}, {OtherOrganization, kind == LocationText && !r.SameOrganization},
	} {
		if one.holds {
			reasons = append(reasons, Reason{Code: one.code, Sentence: duplicateReasons[one.code]})
		}
	}
	return reasons
}
