package referrals

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"tahweel/internal/fault"
	"tahweel/internal/sealed"
	"tahweel/internal/text"
	"tahweel/policy"
)

// Details are the sealed groups C to G. A nil group was not said, or may not be seen: it is then absent from whatever is shown.
type Details struct {
	Identity  *Identity
	Contact   *Contact
	Narrative *Narrative
	Household *Household
	Sensitive *Sensitive
}

// Identity is group C. Names have the four parts that names here have.
type Identity struct {
	GivenName, FatherName, GrandfatherName, FamilyName string

	DocumentType   string // palestinian, jerusalem, unrwa, passport, none
	DocumentNumber string
	BirthDate      string // YYYY-MM-DD
}

// Contact is group D: how to reach the person, and how safely.
type Contact struct {
	Telephones        []string // E.164 once stored
	Address           string
	SafeMethod        string // call, message, visit, through_case_manager
	SafeHours         string
	MayLeaveMessage   bool
	CoverText         string // what to say if somebody else answers
	ContactProhibited bool
	Escort            string
}

// Narrative is group E.
type Narrative struct {
	Structured []string // codes of what is needed in detail
	Strengths  []string // what the household offers
	Text       string
}

// Household is group F.
type Household struct{ Members []Member }

// Member is one person of the household, by relation to the person referred.
type Member struct {
	Relation string
	Name     string
	Sex      string
	Age      *int
}

// Sensitive is group G.
type Sensitive struct{ Diagnosis, LegalStatus, Violence string }

// field is one sealed value: its name and group, and where it lives in Details.
type field struct {
	name  string
	group policy.Groups
	value any // a pointer
}

// fields lists every sealed field, and makes the groups that are missing so that each has somewhere to be opened into.
func (d *Details) fields() []field {
	if d.Identity == nil {
		d.Identity = &Identity{}
	}
	if d.Contact == nil {
		d.Contact = &Contact{}
	}
	if d.Narrative == nil {
		d.Narrative = &Narrative{}
	}
	if d.Household == nil {
		d.Household = &Household{}
	}
	if d.Sensitive == nil {
		d.Sensitive = &Sensitive{}
	}
	return []field{
		{"identity.given_name", policy.Identity, &d.Identity.GivenName},
		{"identity.father_name", policy.Identity, &d.Identity.FatherName},
		{"identity.grandfather_name", policy.Identity, &d.Identity.GrandfatherName},
		{"identity.family_name", policy.Identity, &d.Identity.FamilyName},
		{"identity.document_type", policy.Identity, &d.Identity.DocumentType},
		{"identity.document_number", policy.Identity, &d.Identity.DocumentNumber},
		{"identity.birth_date", policy.Identity, &d.Identity.BirthDate},
		{"contact.telephones", policy.Contact, &d.Contact.Telephones},
		{"contact.address", policy.Contact, &d.Contact.Address},
		{"contact.safe_method", policy.Contact, &d.Contact.SafeMethod},
		{"contact.safe_hours", policy.Contact, &d.Contact.SafeHours},
		{"contact.may_leave_message", policy.Contact, &d.Contact.MayLeaveMessage},
		{"contact.cover_text", policy.Contact, &d.Contact.CoverText},
		{"contact.contact_prohibited", policy.Contact, &d.Contact.ContactProhibited},
		{"contact.escort", policy.Contact, &d.Contact.Escort},
		{"narrative.structured", policy.Narrative, &d.Narrative.Structured},
		{"narrative.strengths", policy.Narrative, &d.Narrative.Strengths},
		{"narrative.text", policy.Narrative, &d.Narrative.Text},
		{"household.members", policy.Household, &d.Household.Members},
		{"sensitive.diagnosis", policy.Sensitive, &d.Sensitive.Diagnosis},
		{"sensitive.legal_status", policy.Sensitive, &d.Sensitive.LegalStatus},
		{"sensitive.violence", policy.Sensitive, &d.Sensitive.Violence},
	}
}

// sealedField is a row of the table.
type sealedField struct {
	Name       string
	GroupCode  string
	Ciphertext []byte
}

// seal encrypts what was said, one value a field; what was not said has no row.
func (d Details) seal(key sealed.Key, referralID uuid.UUID) ([]sealedField, error) {
	var rows []sealedField
	for _, f := range d.fields() {
		if reflect.ValueOf(f.value).Elem().IsZero() {
			continue
		}
		plain, err := json.Marshal(f.value)
		if err != nil {
			return nil, fmt.Errorf("seal %s: %w", f.name, err)
		}
		ciphertext, err := key.Seal(location(f.name, referralID), plain)
		if err != nil {
			return nil, err
		}
		rows = append(rows, sealedField{Name: f.name, GroupCode: f.group.String(), Ciphertext: ciphertext})
	}
	return rows, nil
}

// open decrypts the rows whose group is in groups. A group of which nothing was said stays nil.
func open(key sealed.Key, referralID uuid.UUID, rows []sealedField, groups policy.Groups) (Details, error) {
	var d Details
	byName := map[string]field{}
	for _, f := range d.fields() {
		byName[f.name] = f
	}
	var said policy.Groups
	for _, row := range rows {
		f, known := byName[row.Name]
		if !known || !groups.Has(f.group) {
			continue
		}
		plain, err := key.Open(location(row.Name, referralID), row.Ciphertext)
		if err != nil {
			return Details{}, fmt.Errorf("open %s: %w", row.Name, err)
		}
		if err := json.Unmarshal(plain, f.value); err != nil {
			return Details{}, fmt.Errorf("read %s: %w", row.Name, err)
		}
		said |= f.group
	}
	return d.only(said), nil
}

// only drops the groups that are not in said.
func (d Details) only(said policy.Groups) Details {
	if !said.Has(policy.Identity) {
		d.Identity = nil
	}
	if !said.Has(policy.Contact) {
		d.Contact = nil
	}
	if !said.Has(policy.Narrative) {
		d.Narrative = nil
	}
	if !said.Has(policy.Household) {
		d.Household = nil
	}
	if !said.Has(policy.Sensitive) {
		d.Sensitive = nil
	}
	return d
}

func location(name string, referralID uuid.UUID) sealed.Location {
	return sealed.Location{Table: "sealed_field", Column: name, Row: referralID.String()}
}

func (d Details) birthDate() (time.Time, bool) {
	if d.Identity == nil || d.Identity.BirthDate == "" {
		return time.Time{}, false
	}
	t, err := time.Parse(time.DateOnly, d.Identity.BirthDate)
	return t, err == nil
}

// structuredCode keeps stories out of the one part of group E that tier 3 shows.
var structuredCode = regexp.MustCompile(`^[a-z0-9_]{1,60}$`)

const (
	longestName = 100
	longestText = 4000
)

func (d Details) validate(faults *fault.List, today time.Time) {
	if d.Identity == nil || d.Identity.GivenName == "" {
		faults.Add("/person/given_name", "A referral names the person.", "تسمّي الإحالة الشخص.")
	}
	if d.Identity != nil {
		d.Identity.validate(faults, today)
	}
	if d.Contact != nil {
		oneOf(faults, "/contact/safe_method", d.Contact.SafeMethod, "", "call", "message", "visit", "through_case_manager")
		for i, number := range d.Contact.Telephones {
			if _, ok := e164(number); !ok {
				faults.Add("/contact/telephones/"+strconv.Itoa(i), "This is not a telephone number.", "هذا ليس رقم هاتف.")
			}
		}
	}
	if d.Narrative != nil && utf8.RuneCountInString(d.Narrative.Text) > longestText {
		faults.Add("/reason/narrative", "A narrative has at most 4,000 characters.", "لا يزيد النص على 4000 حرف.")
	}
	if d.Narrative != nil {
		for i, code := range d.Narrative.Structured {
			if !structuredCode.MatchString(code) {
				faults.Add("/reason/structured/"+strconv.Itoa(i), "This is a code, not a text.", "هذا رمز لا نص.")
			}
		}
	}
	if d.Household != nil {
		for i, m := range d.Household.Members {
			oneOf(faults, "/household/members/"+strconv.Itoa(i)+"/sex", m.Sex, "", "female", "male")
		}
	}
}

func (id Identity) validate(faults *fault.List, today time.Time) {
	oneOf(faults, "/person/document_type", id.DocumentType, "", "palestinian", "jerusalem", "unrwa", "passport", "none")
	for at, name := range map[string]string{
		"/person/given_name": id.GivenName, "/person/father_name": id.FatherName,
		"/person/grandfather_name": id.GrandfatherName, "/person/family_name": id.FamilyName,
	} {
		if len([]rune(name)) > longestName {
			faults.Add(at, "A name has at most 100 characters.", "لا يزيد الاسم على 100 حرف.")
		}
	}
	if id.BirthDate == "" {
		return
	}
	born, err := time.Parse(time.DateOnly, id.BirthDate)
	if err != nil || born.After(today) || yearsBetween(born, today) > 130 {
		faults.Add("/person/birth_date", "A date of birth is a past date written as YYYY-MM-DD.", "تاريخ الميلاد تاريخ ماضٍ بالصيغة YYYY-MM-DD.")
	}
}

// e164 reads a telephone number as it is written here, Arabic digits included, and returns its international form.
func e164(number string) (string, bool) {
	parsed, err := phonenumbers.Parse(text.Normalise(number), "PS")
	if err != nil || !phonenumbers.IsPossibleNumber(parsed) {
		return "", false
	}
	return phonenumbers.Format(parsed, phonenumbers.E164), true
}

// normalised returns the details with telephones in E.164 and the document's number without spaces and signs.
func (d Details) normalised() Details {
	if d.Contact != nil {
		c := *d.Contact
		c.Telephones = make([]string, 0, len(d.Contact.Telephones))
		for _, n := range d.Contact.Telephones {
			if canonical, ok := e164(n); ok {
				c.Telephones = append(c.Telephones, canonical)
			}
		}
		d.Contact = &c
	}
	return d
}

type token struct {
	field string
	value []byte
}

// tokens are the blind indexes by which the same document or telephone is found again without being read.
func (d Details) tokens(keys *sealed.Keyset) []token {
	var tokens []token
	if d.Identity != nil {
		number := strings.ToUpper(strings.Join(strings.Fields(strings.ReplaceAll(text.Normalise(d.Identity.DocumentNumber), "-", "")), ""))
		if number != "" {
			tokens = append(tokens, token{string(sealed.Document), keys.BlindIndex(sealed.Document, d.Identity.DocumentType+":"+number)})
		}
	}
	if d.Contact != nil {
		for _, n := range d.Contact.Telephones {
			tokens = append(tokens, token{string(sealed.Telephone), keys.BlindIndex(sealed.Telephone, n)})
		}
	}
	return tokens
}
