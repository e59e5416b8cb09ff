package directory

import (
	"time"

	"github.com/google/uuid"

	"tahweel/geo"
	"tahweel/internal/fault"
)

// Location is where services are given (HSDS location).
type Location struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	BranchID       *uuid.UUID // the organization's branch that runs it; nil: none
	PlaceCode      string
	Point          geo.Point // HSDS location.latitude and location.longitude
	Name           Name      // HSDS location.name
	Address        Name      // HSDS address.address_1
	// Confidential keeps a shelter's place in a table of its own, which its organization alone reads; name and address are not
	// kept. Services there are found, without a place and without a distance.
	Confidential bool
	Version      int
	UpdatedAt    time.Time
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
	} else if l.BranchID != nil {
		faults.Add("/branch_id", "A confidential location belongs to no branch.", "الموقع السري لا يتبع فرعًا.")
	}
	return faults.Err()
}
