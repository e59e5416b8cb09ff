package geo

import (
	"context"
	"strings"
	"time"

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
	if where.Pointer == "" {
		where.Pointer = "?place"
	}
	if (where.Place == "") == (where.Point == nil) {
		return Origin{}, errWhereNeeded.At(where.Pointer, "Missing, or one too many.", "ناقص أو زائد.")
	}
	if where.Point != nil {
		place, meters, err := nearestPlace(ctx, q, *where.Point, day)
		if err == nil && meters > maximumMetersFromPlace {
			err = errPointOutOfArea
		}
		if err != nil {
			return Origin{}, err
		}
		return originOf(place, *where.Point), nil
	}
	place, err := placeMeant(ctx, q, where, day)
	if err != nil {
		return Origin{}, err
	}
	return originOf(place, place.Point), nil
}

// LinksFrom returns the links in force on the day that start in the zone, for Reach.
func LinksFrom(ctx context.Context, q pg.Querier, zone string, day time.Time) ([]Link, error) {
	if zone == "" {
		return nil, nil
	}
	return linksWhere(ctx, q, zone, day)
}

func originOf(place Place, point Point) Origin {
	return Origin{
		Point: point, PlaceCode: place.Code, PlaceName: place.Name, GovernorateCode: place.Governorate.Code,
		GovernorateName: place.Governorate.Name, ZoneCode: place.ZoneCode,
	}
}

func placeMeant(ctx context.Context, q pg.Querier, where Where, day time.Time) (Place, error) {
	place, err := placeByCode(ctx, q, where.Place, day)
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return place, err
	}
	bearers, err := placesNamed(ctx, q, text.Normalise(where.Place), day)
	if err != nil {
		return Place{}, err
	}
	return theOne(bearers, where.Pointer)
}

// theOne chooses the place that a name means: the only one to bear it, or within one governorate the only one whose own name it
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
	case len(bearers) == 1:
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
