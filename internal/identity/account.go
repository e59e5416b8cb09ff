package identity

import (
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"tahweel/internal/fault"
	"tahweel/internal/text"
	"tahweel/policy"
)

// Status says whether an account may be used.
type Status string

// The states of an account. A revoked account stays revoked: whoever returns gets a new one.
const (
	Active  Status = "active"
	Revoked Status = "revoked"
)

// Account is somebody who can ask: a named person or a machine. The work telephone and address are what a partner may see of a
// case manager; private ones are kept nowhere.
type Account struct {
	ID             uuid.UUID   // UUIDv7
	Kind           policy.Kind // policy.Person or policy.Client
	Status         Status
	NameAR, NameEN string
	JobTitleAR     string // empty: not said, as with all below
	JobTitleEN     string
	WorkTelephone  string // E.164
	WorkEmail      string
	OrganizationID uuid.UUID // whom the account works for; uuid.Nil: the ministry
	Version        int
	CreatedAt      time.Time
	RevokedAt      time.Time // zero while active
}

// Membership is a role of an account from an instant to another.
type Membership struct {
	policy.Membership
	ID        uuid.UUID // UUIDv7; made when it is stored, as Version is
	ValidFrom time.Time // zero: from now
	ValidTo   time.Time // exclusive; zero: until further notice
	Version   int
}

// maxNameRunes bounds a name.
const maxNameRunes = 200

// Validate returns nil, or one fault.Refused that names every field of a new account and its memberships that breaks a rule.
func (a Account) Validate(memberships []Membership) error {
	var faults fault.List
	if a.ID == uuid.Nil {
		faults.Add("/id", "An account needs an id.", "يلزم الحساب معرّف.")
	}
	if a.Kind != policy.Person && a.Kind != policy.Client {
		faults.Add("/kind", "An account is a person or a client.", "الحساب إما شخص أو نظام آلي.")
	}
	named := func(s string) bool { return strings.TrimSpace(s) != "" && utf8.RuneCountInString(s) <= maxNameRunes }
	if !named(a.NameAR) {
		faults.Add("/name_ar", "A name has 1 to 200 characters.", "يتكون الاسم من 1 إلى 200 حرف.")
	}
	if !named(a.NameEN) {
		faults.Add("/name_en", "A name has 1 to 200 characters.", "يتكون الاسم من 1 إلى 200 حرف.")
	}
	if _, ok := workTelephone(a.WorkTelephone); !ok {
		faults.Add("/work_telephone", "A telephone number is one that can be dialled, as in +970599000000.", "رقم الهاتف غير صالح، مثال: +970599000000.")
	}
	if a.WorkEmail != "" && !isAddress(a.WorkEmail) {
		faults.Add("/work_email", "An address is written as name@example.org.", "يكتب البريد الإلكتروني بالصيغة name@example.org.")
	}
	for i, m := range memberships {
		a.validateMembership(&faults, fmt.Sprintf("/memberships/%d", i), m)
	}
	return faults.Err()
}

// workTelephone returns the number in its international form; none is none.
func workTelephone(number string) (string, bool) {
	if number == "" {
		return "", true
	}
	parsed, err := phonenumbers.Parse(text.Normalise(number), "PS")
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// isAddress: one address and nothing around it (RFC 5322, section 3.4.1).
func isAddress(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Address == s
}

// normalised is the account with its telephone in the international form.
func (a Account) normalised() Account {
	if number, ok := workTelephone(a.WorkTelephone); ok {
		a.WorkTelephone = number
	}
	return a
}

// admits returns nil, or one fault.Refused that names every field of a membership that the account cannot have.
func (a Account) admits(m Membership) error {
	var faults fault.List
	a.validateMembership(&faults, "", m)
	if ministry, known := policy.DomainOf(m.Role); known && ministry != policy.InOrganization && a.OrganizationID != uuid.Nil {
		faults.Add("/role", "Who works for an organization has no role of the ministry.", "من يعمل لدى منظمة لا يحمل دورًا في الوزارة.")
	}
	return faults.Err()
}

func (a Account) validateMembership(faults *fault.List, at string, m Membership) {
	held, known := policy.DomainOf(m.Role)
	switch {
	case !known:
		faults.Add(at+"/role", "There is no such role.", "لا يوجد دور بهذا الاسم.")
		return
	case (held == policy.InOrganization) != (m.OrganizationID != uuid.Nil):
		faults.Add(at+"/organization_id", "A provider's role is held in an organization, and no other role is.",
			"أدوار مقدمي الخدمة تكون ضمن مؤسسة، وما سواها لا يكون ضمن مؤسسة.")
	case held == policy.InOrganization && m.OrganizationID != a.OrganizationID:
		faults.Add(at+"/organization_id", "A provider's role is held in the organization that the account works for.",
			"يكون دور مقدم الخدمة ضمن المؤسسة التي يعمل لديها صاحب الحساب.")
	}
	inOne := m.DirectorateID != uuid.Nil
	if held != policy.InDirectorateOrCountry && (held == policy.InDirectorate) != inOne {
		faults.Add(at+"/directorate_id", "This role is held in a directorate, or must not be; see the list of roles.",
			"إما أن هذا الدور يكون ضمن مديرية أو أنه لا يجوز فيه ذلك؛ راجع قائمة الأدوار.")
	}
	if !m.ValidTo.IsZero() && !m.ValidFrom.Before(m.ValidTo) {
		faults.Add(at+"/valid_to", "A membership ends after it begins.", "تنتهي العضوية بعد بدايتها.")
	}
}
