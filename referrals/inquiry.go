package referrals

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/internal/text"
	"tahweel/policy"
)

// MostInfoRounds is how often a provider may ask before it answers (referrals.md, "Attempt states").
const MostInfoRounds = 2

// Inquiry is one round of question and answer before a provider decides.
//
// What the case manager answers is, like the service's own screening answers, of group B: a provider sees it while B is open to it,
// which needs no grant and no consent, and so before it has accepted, which is what it asked for. It follows that an answer holds
// facts and nothing by which the person is found: one that repeats a telephone or document number is refused. Group B is never open
// in tier 3. There a round has item codes only, and what must be said is said by voice to the sender (group I).
type Inquiry struct {
	Round         int
	Items         []string // of InfoItems
	Question      string   // empty where there is none or group B is not open
	AskedAt       time.Time
	AnsweredItems []string // those of Items that were answered
	Answer        string   // like Question
	AnsweredAt    *time.Time
}

// RequestInfoWith is what a provider needs to know before it answers.
type RequestInfoWith struct {
	Items []string // of InfoItems, at least one, none twice
	Text  string   // required with "other"; sealed; none in tier 3
}

var (
	errRoundsExhausted = fault.New(fault.Refused, "info_rounds_exhausted", "Facts were asked for twice already. Accept, decline or keep it waiting.",
		"طُلبت المعلومات مرتين. اقبل أو ارفض أو أدرج على قائمة الانتظار.")
	errRestrictedText = fault.New(fault.Refused, "restricted_text", "A restricted referral carries no free text. Speak with the other side by telephone.",
		"لا تحمل الإحالة المقيّدة نصًا حرًّا. تواصل مع الطرف الآخر هاتفيًا.").
		At("/text", "is not for a restricted referral", "ليس للإحالة المقيّدة")
)

// RequestInfo asks the case manager for facts; until they come the attempt is info_requested. It fails with fault.Refused after two
// rounds (info_rounds_exhausted), if an item is not one of InfoItems, "other" lacks its text, or a restricted referral has one
// (restricted_text); and like every move.
func (s *Store) RequestInfo(ctx context.Context, actor policy.Actor, m Move, with RequestInfoWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: RequestInfo, rule: func(_ context.Context, _ pg.Querier, c *caseFile, now time.Time) (policy.Decision, error) {
		if c.attempt.InfoRounds >= MostInfoRounds {
			return policy.Decision{}, errRoundsExhausted
		}
		if err := checkInquiry(*c, with.Items, InfoItems, with.Text); err != nil {
			return policy.Decision{}, err
		}
		c.attempt.InfoRounds++
		if c.attempt.AcknowledgedAt == nil {
			c.attempt.AcknowledgedAt = &now // who asks has seen it
		}
		return policy.Decision{}, nil
	}, after: func(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
		question, err := s.sealText(c.referral, inquiryText(c.attempt, "question"), with.Text)
		if err != nil {
			return err
		}
		return insertInquiry(ctx, q, c.attempt, with.Items, question, now)
	}})
}

// ProvideInfoWith is what a case manager answers.
type ProvideInfoWith struct {
	Items []string // those of the items asked for that are answered, at least one
	Text  string   // sealed; shown to the provider where group B is; none in tier 3
}

var errNamesPerson = fault.New(fault.Refused, "text_identifies_person",
	"The answer repeats a telephone or document number of the person, which the provider may not see before it accepts.",
	"يكرر الجواب رقم هاتف أو وثيقة للشخص، وليس لمقدّم الخدمة أن يراه قبل القبول.").
	At("/text", "holds a number of the person", "يحوي رقمًا للشخص")

// ProvideInfo answers what the provider asked; the attempt is acknowledged again and the provider decides. It fails with
// fault.Refused if an item was not asked for, the text repeats a telephone or document number of the person
// (text_identifies_person), or a restricted referral has a text (restricted_text); and like every move.
func (s *Store) ProvideInfo(ctx context.Context, actor policy.Actor, m Move, with ProvideInfoWith) (Result, error) {
	return s.move(ctx, actor, m, plan{transition: ProvideInfo, rule: func(ctx context.Context, q pg.Querier, c *caseFile, _ time.Time) (policy.Decision, error) {
		asked, err := inquiriesOf(ctx, q, c.attempt.ID)
		if err != nil {
			return policy.Decision{}, err
		}
		var open []string
		if len(asked) > 0 {
			open = asked[len(asked)-1].Items
		}
		if err := checkInquiry(*c, with.Items, open, with.Text, codeOther); err != nil {
			return policy.Decision{}, err
		}
		return policy.Decision{}, s.checkAnonymous(ctx, q, c.referral, with.Text)
	}, after: func(ctx context.Context, q pg.Querier, c *caseFile, now time.Time) error {
		answer, err := s.sealText(c.referral, inquiryText(c.attempt, "answer"), with.Text)
		if err != nil {
			return err
		}
		return answerInquiry(ctx, q, c.attempt, with.Items, answer, now)
	}})
}

// checkInquiry examines one side of a round; unexplained are items that need no text.
func checkInquiry(c caseFile, items, allowed []string, note string, unexplained ...string) error {
	if note != "" && c.attempt.Tier >= 3 {
		return errRestrictedText
	}
	var faults fault.List
	if len(items) == 0 {
		faults.Add("/items", "Name at least one item.", "اذكر بندًا واحدًا على الأقل.")
	}
	for i, item := range items {
		at := "/items/" + strconv.Itoa(i)
		oneOf(&faults, at, item, allowed...)
		if slices.Contains(items[:i], item) {
			faults.Add(at, "An item is named once.", "يُذكر البند مرة واحدة.")
		}
	}
	if slices.Contains(items, codeOther) && note == "" && c.attempt.Tier < 3 && !slices.Contains(unexplained, codeOther) {
		faults.Add("/text", `The code "other" needs a text.`, "الرمز other يتطلب نصًا.")
	}
	return faults.Err()
}

// checkAnonymous refuses a text that holds a telephone or document number of the person, however it is written.
func (s *Store) checkAnonymous(ctx context.Context, q pg.Querier, r referral, note string) error {
	if note == "" {
		return nil
	}
	details, _, err := s.unseal(ctx, q, r, attempt{}, policy.Identity|policy.Contact)
	if err != nil {
		return err
	}
	written := digits(note)
	for _, number := range details.numbers() {
		if strings.Contains(written, number) {
			return errNamesPerson
		}
	}
	return nil
}

// numbers are the digits by which the person could be found: those of the document, and of each telephone without the country's.
func (d Details) numbers() []string {
	const nationalDigits, fewest = 8, 5 // a number of fewer digits is found in any date
	var found []string
	if d.Identity != nil {
		found = append(found, digits(d.Identity.DocumentNumber))
	}
	if d.Contact != nil {
		for _, t := range d.Contact.Telephones {
			n := digits(t)
			found = append(found, n[max(0, len(n)-nationalDigits):])
		}
	}
	return slices.DeleteFunc(found, func(n string) bool { return len(n) < fewest })
}

// digits are the digits of s, Arabic ones too, and nothing else.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text.Normalise(s))
}
