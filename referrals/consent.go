package referrals

import (
	"regexp"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// ConsentLasts is how long a consent holds unless it says a shorter time, and the longest it may say (referrals.md, "Consent").
const ConsentLasts = 180 * 24 * time.Hour

var purposeCode = regexp.MustCompile(`^[a-z_]{1,60}$`)

// Consent is a family's agreement that one recipient gets some groups for a purpose.
type Consent struct {
	Purpose     string
	Groups      policy.Groups
	GivenBy     string // self, caregiver, guardian
	ChildAssent *bool  // required of a child from the age of five, who can say so
	Evidence    string // signature, recorded_verbal, otp
	GivenAt     time.Time
	ExpiresAt   time.Time // zero: ConsentLasts after it was given
}

// complete fills the expiry and returns every fault of the consent for a person of the age band; at is where it stands in the request.
func (c Consent) complete(at, ageBand string, now time.Time) (Consent, error) {
	var faults fault.List
	if c.Purpose == "" {
		c.Purpose = "service_provision"
	}
	if c.ExpiresAt.IsZero() {
		c.ExpiresAt = c.GivenAt.Add(ConsentLasts)
	}
	if !purposeCode.MatchString(c.Purpose) {
		faults.Add(at+"/purpose", "A purpose is a code.", "الغرض رمز.")
	}
	oneOf(&faults, at+"/given_by", c.GivenBy, "self", "caregiver", "guardian")
	oneOf(&faults, at+"/evidence", c.Evidence, "signature", "recorded_verbal", "otp")
	if c.Groups == 0 {
		faults.Add(at+"/groups", "A consent names at least one group of fields.", "تسمّي الموافقة مجموعة حقول واحدة على الأقل.")
	}
	if c.GivenAt.IsZero() || c.GivenAt.After(now.Add(time.Minute)) {
		faults.Add(at+"/given_at", "A consent was given at a past instant.", "أُعطيت الموافقة في وقت ماضٍ.")
	}
	if !c.ExpiresAt.After(now) || c.ExpiresAt.Sub(c.GivenAt) > ConsentLasts {
		faults.Add(at+"/expires_at", "A consent ends in the future and lasts at most 180 days.", "تنتهي الموافقة في المستقبل ولا تزيد على 180 يومًا.")
	}
	if isChild(ageBand) && c.GivenBy == "self" {
		faults.Add(at+"/given_by", "For a child a caregiver or guardian consents, and the child assents.", "عن الطفل يوافق مقدّم الرعاية أو الوصي، ويُؤخذ قبول الطفل.")
	}
	if (ageBand == "5-11" || ageBand == "12-17") && (c.ChildAssent == nil || !*c.ChildAssent) {
		faults.Add(at+"/child_assent", "A child from the age of five assents too.", "يُؤخذ كذلك قبول الطفل من عمر خمس سنوات.")
	}
	return c, faults.Err()
}

// consentRow is a row of the table.
type consentRow struct {
	ID                      uuid.UUID
	RecipientOrganizationID uuid.UUID
	Purpose                 string
	Groups                  []string
	ExpiresAt               time.Time
	WithdrawnAt             *time.Time
}

// towards is the consent as policy sees it for handing data to the organization for the purpose.
func (c consentRow) towards(organizationID uuid.UUID, purpose string) policy.Consent {
	groups, _ := policy.ParseGroups(c.Groups)
	return policy.Consent{
		Given: true, Recipient: c.RecipientOrganizationID == organizationID, Purpose: c.Purpose == purpose,
		Withdrawn: c.WithdrawnAt != nil, ExpiresAt: c.ExpiresAt, Groups: groups,
	}
}
