package directory

import (
	"reflect"
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
	ValidFrom    *time.Time // first day of a temporary one; nil: always was
	ValidTo      *time.Time // last day; nil: until further notice
	Details      LocationDetails
	ExternalID   string     // the organization's own number for it; empty: none
	Source       string     // from which import it came; empty: from here
	MergedInto   *uuid.UUID // of which it was a second entry; nil: of none
	// PossibleDuplicates, of one that was just created, moved or renamed, are those of its name within 30 metres.
	PossibleDuplicates []LookAlike
	Confirmation
	PendingChange uuid.UUID // what waits for an officer, for who may read its organization in full; the zero id: nothing
	Version       int
	UpdatedAt     time.Time
}

// Placed reports whether it is known where the location is; only what came from elsewhere may not be.
func (l Location) Placed() bool { return l.Point != (geo.Point{}) }

// Validate returns every fault of the location at once, as fault.Refused, or nil.
func (l Location) Validate() error { return l.validate(nil, time.Time{}) }

func (l Location) validate(was *Location, now time.Time) error {
	var faults fault.List
	if l.PlaceCode == "" && l.Source == "" {
		faults.Add("/place", "A place is required.", "التجمع مطلوب.")
	}
	if !l.Placed() && l.Source == "" {
		faults.Add("/point", "A point is required.", "الإحداثيات مطلوبة.")
	}
	if l.Confidential {
		l.keepsQuiet(&faults)
		return faults.Err()
	}
	named(&faults, "/name", l.Name)
	if l.ValidFrom != nil && l.ValidTo != nil && l.ValidTo.Before(*l.ValidFrom) {
		faults.Add("/valid_to", "It ends on the first day or later.", "ينتهي في اليوم الأول أو بعده.")
	}
	checkDetails(&faults, now, l.Source, l.Details, before(was, func(l Location) LocationDetails { return l.Details }))
	return faults.Err()
}

// keepsQuiet refuses what is not kept of a confidential location.
func (l Location) keepsQuiet(faults *fault.List) {
	if l.BranchID != nil {
		faults.Add("/branch_id", "A confidential location belongs to no branch.", "الموقع السري لا يتبع فرعًا.")
	}
	if !reflect.ValueOf(l.Details).IsZero() {
		faults.Add("/details", "Of a confidential location nothing is kept but where it is.", "لا يُحفظ عن الموقع السري سوى مكانه.")
	}
	if l.ExternalID != "" {
		faults.Add("/external_id", "Of a confidential location nothing is kept but where it is.", "لا يُحفظ عن الموقع السري سوى مكانه.")
	}
	if l.ValidFrom != nil || l.ValidTo != nil {
		faults.Add("/valid_from", "A confidential location is not a temporary one.", "الموقع السري ليس مؤقتًا.")
	}
}
