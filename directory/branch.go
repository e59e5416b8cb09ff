package directory

import (
	"net/mail"
	"regexp"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Branch is a local office of an organization: where it is and how it is reached. A location may belong to one.
type Branch struct {
	ID             uuid.UUID
	OrganizationID uuid.UUID
	Status         Status // empty: active
	Name           Name
	PlaceCode      string
	Address        Name   // HSDS address.address_1
	Telephone      string // HSDS phone.number of the office, written in E.164 where it can be; empty: none
	Email          string // HSDS organization.email of the office; empty: none
	Version        int
	UpdatedAt      time.Time
}

var telephoneForm = regexp.MustCompile(`^\+?[0-9][0-9 -]{2,24}$`)

// normalised returns the branch with its telephone in E.164, where it can be understood: in a local form it is one of Palestine.
func (b Branch) normalised() Branch {
	if number, ok := dialled(b.Telephone); ok {
		b.Telephone = number
	}
	return b
}

// Validate returns every fault of the branch at once, as fault.Refused, or nil.
func (b Branch) Validate() error {
	var l fault.List
	oneOf(&l, "/status", b.Status, "", Active, Inactive, Defunct)
	named(&l, "/name", b.Name)
	if b.PlaceCode == "" {
		l.Add("/place", "A place is required.", "التجمع مطلوب.")
	}
	if b.Telephone != "" && !telephoneForm.MatchString(b.Telephone) {
		l.Add("/telephone", "Digits, spaces and hyphens, with + in front if it is international.", "أرقام ومسافات وشرطات، تسبقها علامة + للدولي.")
	}
	if a, err := mail.ParseAddress(b.Email); b.Email != "" && (err != nil || a.Address != b.Email) {
		l.Add("/email", "Must be an e-mail address.", "يجب أن يكون بريدًا إلكترونيًا.")
	}
	return l.Err()
}
