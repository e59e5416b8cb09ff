package directory

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/policy"
)

var (
	errMergeEnded = fault.New(fault.Impossible, "merge_ended",
		"One of the two is merged already, or exists no more.", "أحد السجلين مدموج مسبقًا أو لم يعد قائمًا.")
	errMergeOtherOrganization = fault.New(fault.Impossible, "merge_other_organization",
		"The two locations belong to two organizations. Merge those first, if they are one.",
		"الموقعان لمنظمتين مختلفتين. ادمج المنظمتين أولًا إن كانتا واحدة.")
	errMergeBlocked = fault.New(fault.Impossible, "merge_blocked",
		"Something stands in the way of the merge. Bring it to an end first.", "هناك ما يمنع الدمج. أنهِه أولًا.")
	errMerged = fault.New(fault.Impossible, "merged", "It was merged into another one and does not change any more.", "دُمج في سجل آخر ولم يعد يتغير.")
)

// obstacles say what stands in the way of a merge, by the names that the database gives them.
var obstacles = map[string]Name{
	"accreditation":          {EN: "It has an accreditation that has not ended.", AR: "للمنظمة اعتماد لم ينتهِ."},
	"applications":           {EN: "An application of it for accreditation is on its way.", AR: "لها طلب اعتماد قيد النظر."},
	"attempts":               {EN: "Referrals to it are still open.", AR: "ما زالت هناك إحالات مفتوحة إليها."},
	"change_requests":        {EN: "Changes of it wait for an officer.", AR: "لها تعديلات تنتظر موافقة موظف الجمعيات."},
	"clients":                {EN: "It has systems with access, or invitations for some.", AR: "لها أنظمة ذات صلاحية دخول أو دعوات لذلك."},
	"closures":               {EN: "It has announced closures that are not over.", AR: "أعلنت أيام إغلاق لم تنقضِ بعد."},
	"confidential_locations": {EN: "It has places that are kept secret.", AR: "لها أماكن سرية."},
	"external_ids":           {EN: "Both use the same number of their own for different things.", AR: "تستخدم كلتاهما رقمًا خاصًا واحدًا لأمرين مختلفين."},
	"instruments":            {EN: "It has a memorandum, or a draft of one, that has not ended.", AR: "لها مذكرة تفاهم أو مسودة لم تنتهِ."},
	"verification_tasks":     {EN: "A task to verify one of its services is open.", AR: "لها مهمة تحقق من خدمة ما زالت مفتوحة."},
	"members":                {EN: "People have roles in it. End these, and give them in the other one.", AR: "لأشخاص أدوار فيها. أنهِ هذه الأدوار وامنحها في الأخرى."},
	"offers_attempts":        {EN: "Both offer the same service, and referrals to the offer that would end are open.", AR: "كلا الموقعين يعرض الخدمة نفسها، وهناك إحالات مفتوحة إلى العرض الذي سينتهي."},
	"offers_ended":           {EN: "A service that is offered here was ended at the other one.", AR: "خدمة معروضة هنا أُنهيت في الموقع الآخر."},
}

func blocked(names []string) error {
	if len(names) == 0 {
		return nil
	}
	e := errMergeBlocked
	for _, name := range names {
		e = e.At("/into", obstacles[name].EN, obstacles[name].AR)
	}
	return e
}

// MergeOrganization says that an organization was entered twice: its services, locations and branches belong to the other one from now
// on, with their ids, and what surveys found of it; it is defunct and says where it went (Organization.MergedInto). It keeps its history, its numbers and the
// referrals that were made to it. It fails with fault.Forbidden unless the actor may manage organizations, with fault.NotFound, with
// fault.Conflict if somebody changed it since version, with fault.Refused if there is no such other one, and with fault.Impossible
// "merge_ended" if one of the two is defunct, or "merge_blocked" if it has something that must not become another's unasked: a
// memorandum or an accreditation that has not ended, open referrals, people and systems with access, secret places, closures to come.
func (s *Store) MergeOrganization(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, into uuid.UUID, once pg.Once) (Written[Organization], error) {
	d := deed{actor: actor, what: "organization.merge", id: id, once: once}
	return perform(ctx, s, d, readOrganization, func(q pg.Querier, now time.Time) (Organization, error) {
		if err := lockPair(ctx, q, "organization", id, into); err != nil {
			return Organization{}, err
		}
		was, err := current(ctx, q, actor, readOrganization, id, version)
		if err != nil {
			return Organization{}, err
		}
		survivor, err := target(ctx, q, actor, readOrganization, id, into)
		if err != nil {
			return Organization{}, err
		}
		if was.Status != Active || survivor.Status != Active {
			return Organization{}, errMergeEnded
		}
		names, err := organizationObstacles(ctx, q, id, into)
		if err == nil {
			err = blocked(names)
		}
		if err != nil {
			return Organization{}, err
		}
		if err := moveOrganization(ctx, q, was, into, now); err != nil {
			return Organization{}, err
		}
		if err := refresh(ctx, q, id); err != nil {
			return Organization{}, err
		}
		return was, refresh(ctx, q, into)
	})
}

// MergeLocation says that a location was entered twice: what is offered there is offered at the other one from now on, with its id and
// the referrals to it, and it says where it went (Location.MergedInto). Where both offer a service, the other's offer goes on and this
// one's is ended. It fails as MergeOrganization does; both must be of one organization ("merge_other_organization"), and of two offers
// of one service the one that ends must have no open referrals, nor the other be ended already ("merge_blocked").
func (s *Store) MergeLocation(ctx context.Context, actor policy.Actor, id uuid.UUID, version int, into uuid.UUID, once pg.Once) (Written[Location], error) {
	d := deed{actor: actor, what: "location.merge", id: id, once: once}
	return perform(ctx, s, d, readLocation, func(q pg.Querier, now time.Time) (Location, error) {
		if err := lockPair(ctx, q, "location", id, into); err != nil {
			return Location{}, err
		}
		was, err := current(ctx, q, actor, readLocation, id, version)
		if err != nil {
			return Location{}, err
		}
		survivor, err := target(ctx, q, actor, readLocation, id, into)
		switch {
		case err != nil:
			return Location{}, err
		case was.OrganizationID != survivor.OrganizationID:
			return Location{}, errMergeOtherOrganization
		case was.MergedInto != nil || survivor.MergedInto != nil || was.Confidential || survivor.Confidential:
			return Location{}, errMergeEnded
		}
		names, err := locationObstacles(ctx, q, id, into)
		if err == nil {
			err = blocked(names)
		}
		if err != nil {
			return Location{}, err
		}
		if err := moveLocation(ctx, q, was, into, now); err != nil {
			return Location{}, err
		}
		return was, refresh(ctx, q, was.OrganizationID)
	})
}

// target reads the thing that another is to be merged into.
func target[T entry](ctx context.Context, q pg.Querier, actor policy.Actor, read reader[T], id, into uuid.UUID) (T, error) {
	var l fault.List
	if into == id {
		l.Add("/into", "A thing is not merged into itself.", "لا يُدمج السجل في نفسه.")
		var none T
		return none, l.Err()
	}
	survivor, err := read(ctx, q, actor, into)
	if notFound(err) {
		l.Add("/into", "There is no such thing here.", "لا يوجد سجل كهذا هنا.")
		return survivor, l.Err()
	}
	return survivor, err
}

func notFound(err error) bool {
	return errors.Is(err, pgx.ErrNoRows) || fault.KindOf(err) == fault.NotFound
}
