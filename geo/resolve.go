package geo

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/text"
)

// maximumMetersFromPlace is how far a free point may be from the nearest place and still count as being there.
const maximumMetersFromPlace = 25_000

var (
	errPlaceNotFound = fault.New(fault.NotFound, "place_not_found",
		"There is no such place.", "لا يوجد مكان كهذا.")
	errPlaceUnknown = fault.New(fault.Invalid, "place_not_found",
		"There is no such place. Search for it by name and send its code.",
		"لا يوجد مكان كهذا. ابحث عنه بالاسم وأرسل رمزه.")
	errPlaceAmbiguous = fault.New(fault.Invalid, "place_ambiguous",
		"Several places bear this name. Send the code of the one that is meant.",
		"يحمل أكثر من مكان هذا الاسم. أرسل رمز المكان المقصود.")
	errPointOutOfArea = fault.New(fault.Invalid, "point_out_of_area",
		"The point is too far from any place of the West Bank and the Gaza Strip.",
		"النقطة بعيدة عن كل الأماكن في الضفة الغربية وقطاع غزة.").
		At("?lat", "Outside the covered area.", "خارج المنطقة المشمولة.").
		At("?lon", "Outside the covered area.", "خارج المنطقة المشمولة.")
	errWhereNeeded = fault.New(fault.Invalid, "place_required",
		"Say where: a place, or a latitude and a longitude, and not both.",
		"حدّد المكان: رمز مكان، أو خط عرض وخط طول، وليس الاثنين معا.")
)

// Resolve returns from where a client starts, on the day (see Today). It fails with fault.Invalid: "place_required" unless
// exactly one of place and point is given; "place_not_found" for a code or name that is not in force on the day;
// "place_ambiguous" for a name that several places bear, each named in the fault's field; "point_out_of_area" for a point more
// than 25 km from every place.
func Resolve(ctx context.Context, q pg.Querier, where Where, day time.Time) (Origin, error) {
	batch := &pgx.Batch{}
	r, err := QueueResolve(batch, where, day)
	if err != nil {
		return Origin{}, err
	}
	if err := q.SendBatch(ctx, batch).Close(); err != nil {
		return Origin{}, err
	}
	return r.Origin()
}

// Resolution is what a queued Resolve found, once the batch has been sent and closed.
type Resolution struct {
	where Where
	meant []namedRow
	near  []nearRow
}

// QueueResolve queues what Resolve asks, beside other statements in the same round trip. It fails with fault.Invalid "place_required"
// unless exactly one of place and point is given.
func QueueResolve(batch *pgx.Batch, where Where, day time.Time) (*Resolution, error) {
	if where.Pointer == "" {
		where.Pointer = "?place"
	}
	if (where.Place == "") == (where.Point == nil) {
		return nil, errWhereNeeded.At(where.Pointer, "Missing, or one too many.", "ناقص أو زائد.")
	}
	r := &Resolution{where: where}
	if where.Point != nil {
		gather(batch.Queue(nearestSQL, pgx.StrictNamedArgs{"point": *where.Point, "day": day}), &r.near)
	} else {
		gather(batch.Queue(meantSQL, pgx.StrictNamedArgs{"code": where.Place, "name": text.Normalise(where.Place), "day": day}), &r.meant)
	}
	return r, nil
}

// Origin returns what Resolve returns, and fails like it.
func (r *Resolution) Origin() (Origin, error) {
	if point := r.where.Point; point != nil {
		if len(r.near) == 0 || r.near[0].Meters > maximumMetersFromPlace {
			return Origin{}, errPointOutOfArea
		}
		return originOf(r.near[0].place(), *point), nil
	}
	place, err := theOne(r.meant, r.where.Pointer)
	if err != nil {
		return Origin{}, err
	}
	return originOf(place, place.Point), nil
}

// QueueLinks queues the question for all links in force on the day, for Reach, and returns what gives them once the batch has been sent
// and closed.
func QueueLinks(batch *pgx.Batch, day time.Time) (links func() []Link) {
	var found []linkRow
	gather(batch.Queue(linksSQL, pgx.StrictNamedArgs{"day": day}), &found)
	return func() []Link { return linksOf(found) }
}

func originOf(place Place, point Point) Origin {
	return Origin{
		Point: point, PlaceCode: place.Code, PlaceName: place.Name, GovernorateCode: place.Governorate.Code,
		GovernorateName: place.Governorate.Name, ZoneCode: place.ZoneCode,
	}
}

// theOne chooses the place that is meant: the one with the code, or of those that bear a name the only one to bear it, or within one governorate the only one whose own name it
// is, as of a town and the camp that some call after it. Otherwise the caller must say.
func theOne(bearers []namedRow, pointer string) (Place, error) {
	if len(bearers) == 0 {
		return Place{}, errPlaceUnknown.At(pointer, "Not a place that is known.", "مكان غير معروف.")
	}
	var own []namedRow
	sameGovernorate := true
	for _, b := range bearers {
		sameGovernorate = sameGovernorate && b.GovernorateCode == bearers[0].GovernorateCode
		if b.Own {
			own = append(own, b)
		}
	}
	switch {
	case len(bearers) == 1: // also the one with the code
		return bearers[0].place(), nil
	case sameGovernorate && len(own) == 1:
		return own[0].place(), nil
	}
	return Place{}, ambiguous(bearers, pointer)
}

func ambiguous(bearers []namedRow, pointer string) error {
	en := make([]string, len(bearers))
	ar := make([]string, len(bearers))
	for i, b := range bearers {
		en[i] = b.NameEn + " (" + b.GovernorateEn + "): " + b.Code
		ar[i] = b.NameAr + " (" + b.GovernorateAr + "): " + b.Code
	}
	return errPlaceAmbiguous.At(pointer, "Which one? "+strings.Join(en, "; "), "أيها؟ "+strings.Join(ar, "؛ "))
}
