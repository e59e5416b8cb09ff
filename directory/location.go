package directory

import (
	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/fault"
)

// Location is where services are given (HSDS location).
type Location struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	PlaceCode      string
	Point          geo.Point // HSDS location.latitude and location.longitude
	Name           Name      // HSDS location.name
	Address        Name      // HSDS address.address_1
	// Confidential keeps a shelter's place in a table of its own, which its organization alone reads; name and address are not
	// kept. Services there are found, without a place and without a distance.
	Confidential bool
	Version      int
}

// Validate returns every fault of the location at once, as fault.Refused, or nil.
func (l Location) Validate() error {
	var faults fault.List
	if l.PlaceCode == "" {
		faults.Add("/place", "A place is required.", "التجمع مطلوب.")
	}
	if l.Point == (geo.Point{}) {
		faults.Add("/point", "A point is required.", "الإحداثيات مطلوبة.")
	}
	if !l.Confidential {
		named(&faults, "/name", l.Name)
	}
	return faults.Err()
}
