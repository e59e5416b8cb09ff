package referrals

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tahweel/directory"
	"tahweel/geo"
	"tahweel/internal/audit"
	"tahweel/internal/fault"
	"tahweel/internal/pg"
	"tahweel/mou"
	"tahweel/policy"
)

// Question asks whether somebody may send a referral somewhere: an attempt that is written, or one that nobody has written.
type Question struct {
	AccountID uuid.UUID // whose decision; Nil: the asker's own
	AttemptID uuid.UUID // Nil: what follows

	OrganizationID uuid.UUID
	DirectorateID  uuid.UUID // Nil: the account's first
	Need, Place    string    // codes
	TargetGroup    string    // empty: not stated
	Purpose        string    // empty: service_provision
	Tier           int       // 0: that of the need
}

// Ground is one thing that was examined. It carries no person: only rules, instruments, and whether a consent carries.
type Ground struct {
	About            string // role, rollout, instrument or consent
	OK               bool
	Code             string
	Sentence         fault.Sentence
	InstrumentNumber string // where it is about one
	TermNumber       int
}

// Answer is a decision with every ground. Allowed is what a send would be told by role, rollout, instrument and consent; that the
// service is open and a quota left, the send itself says.
type Answer struct {
	Allowed  bool
	Code     string
	Sentence fault.Sentence
	Decision policy.Decision
	Grounds  []Ground
}

// Explain says in words whether the account may send, by which rule, instrument and term, what might be disclosed and until when, and
// for a refusal every reason. Of a referral that nobody has written the consent is not examined. It fails with fault.Forbidden unless the
// actor may ask (for others: a supervisor, the auditor and the administrator), with fault.NotFound for an attempt or account that the
// actor may not know of, and with fault.Refused for a question that names what does not exist.
func (s *Store) Explain(ctx context.Context, actor policy.Actor, question Question) (answer Answer, err error) {
	now := s.clock()
	entry := audit.Entry{At: now, Actor: actor, Action: policy.Explain, Class: policy.ClassDecision, ObjectID: question.AttemptID}
	if !actor.Can(policy.Explain, policy.ClassDecision) {
		return Answer{}, s.refused(ctx, entry, policy.RoleForbids(policy.Explain, policy.ClassDecision))
	}
	err = s.db.InTx(ctx, asOf{actor, now}, func(q pg.Querier) error {
		subject, err := subjectOf(ctx, q, actor, question.AccountID, now)
		if err != nil {
			return err
		}
		asked, err := s.caseOf(ctx, q, actor, subject, question, now)
		if err != nil {
			return err
		}
		if answer, err = asked.answer(ctx, q, subject, now); err != nil {
			return err
		}
		entry.Allowed, entry.Code = true, answer.Code
		return audit.Append(ctx, q, entry)
	})
	entry.Allowed = false
	return answer, s.refused(ctx, entry, err)
}

// subjectOf is whom the decision is about, with memberships as they are.
func subjectOf(ctx context.Context, q pg.Querier, actor policy.Actor, account uuid.UUID, now time.Time) (policy.Actor, error) {
	if account == uuid.Nil || account == actor.AccountID {
		return actor, nil
	}
	if !actor.Can(policy.Explain, policy.ClassAccount) {
		return policy.Actor{}, policy.RoleForbids(policy.Explain, policy.ClassAccount)
	}
	rows, err := q.Query(ctx, `
		SELECT a.kind, m.role, m.organization_id, m.directorate_id
		FROM account AS a
		JOIN membership AS m ON m.account_id = a.id
		WHERE a.id = @id
			AND a.status = 'active'
			AND m.valid_from <= @now
			AND coalesce(m.valid_to > @now, true)
		ORDER BY m.id`, pgx.StrictNamedArgs{"id": account, "now": now})
	if err != nil {
		return policy.Actor{}, fmt.Errorf("read an account: %w", err)
	}
	type row struct {
		Kind                          policy.Kind
		Role                          policy.Role
		OrganizationID, DirectorateID *uuid.UUID
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
	if err != nil {
		return policy.Actor{}, fmt.Errorf("read an account: %w", err)
	}
	subject, known := policy.Actor{AccountID: account}, false
	for _, r := range found {
		m := policy.Membership{Role: r.Role}
		if r.OrganizationID != nil {
			m.OrganizationID = *r.OrganizationID
		}
		if r.DirectorateID != nil {
			m.DirectorateID = *r.DirectorateID
		}
		subject.Kind, subject.OwnSession = r.Kind, r.Kind == policy.Person
		subject.Memberships = append(subject.Memberships, m)
		_, _, may := actor.May(policy.Explain, policy.ClassAccount, policy.Object{DirectorateID: m.DirectorateID, Tier: 1})
		known = known || may
	}
	if !known {
		return policy.Actor{}, fault.New(fault.NotFound, "account_not_found",
			"There is no such account, or you may not ask about it.", "لا يوجد حساب كهذا، أو لا يحق لك السؤال عنه.")
	}
	return subject, nil
}

// askedCase is a question with everything it names looked up.
type askedCase struct {
	act     mou.Act
	object  policy.Object
	names   policy.Asked
	consent policy.Consent
	written bool // there is a consent to examine
}

func (s *Store) caseOf(ctx context.Context, q pg.Querier, actor, subject policy.Actor, question Question, now time.Time) (askedCase, error) {
	if question.AttemptID != uuid.Nil {
		c, err := s.mayMove(ctx, q, actor, question.AttemptID, policy.Read)
		if err != nil {
			return askedCase{}, err
		}
		asked := askedCase{
			act: actOf(c, now), object: c.attempt.object(), consent: c.consent.towards(c.attempt.OrganizationID, c.referral.Purpose), written: true,
		}
		asked.names.Tier = c.attempt.Tier
		return asked.named(ctx, q)
	}
	return supposed(ctx, q, subject, question, now)
}

// supposed is a referral that nobody has written: with a consent that carries.
func supposed(ctx context.Context, q pg.Querier, subject policy.Actor, question Question, now time.Time) (askedCase, error) {
	need, ok := directory.NeedByCode(question.Need)
	var faults fault.List
	if !ok || need.Tier == 0 {
		faults.Add("/need", "Not a need one refers for.", "ليست حاجة تُحال لأجلها الأسر.")
	}
	if question.OrganizationID == uuid.Nil {
		faults.Add("/organization_id", "To whom is required.", "الجهة المستقبلة مطلوبة.")
	}
	for _, m := range subject.Memberships {
		if question.DirectorateID == uuid.Nil {
			question.DirectorateID = m.DirectorateID
		}
	}
	if question.DirectorateID == uuid.Nil {
		faults.Add("/directorate_id", "Whose referral it is is required.", "المديرية المُحيلة مطلوبة.")
	}
	if err := faults.Err(); err != nil {
		return askedCase{}, err
	}
	origin, err := geo.Resolve(ctx, q, geo.Where{Place: question.Place}, geo.Today(now))
	if err != nil {
		return askedCase{}, err
	}
	asked := askedCase{
		act: mou.Act{
			OrganizationID: question.OrganizationID, DirectorateID: question.DirectorateID, NeedID: need.ID, GovernorateCode: origin.GovernorateCode,
			TargetGroup: question.TargetGroup, Purpose: question.Purpose, Today: geo.Today(now),
		},
		consent: policy.Consent{Given: true, Recipient: true, Purpose: true, ExpiresAt: now.Add(ConsentLasts), Groups: policy.All},
	}
	if asked.act.Purpose == "" {
		asked.act.Purpose = "service_provision"
	}
	asked.names.Tier = max(question.Tier, need.Tier)
	asked.object = policy.Object{
		OwnerAccountID: subject.AccountID, DirectorateID: question.DirectorateID, OrganizationID: question.OrganizationID, Tier: asked.names.Tier,
	}
	return asked.named(ctx, q)
}

// named looks the names up of what the act names by id.
func (a askedCase) named(ctx context.Context, q pg.Querier) (askedCase, error) {
	err := q.QueryRow(ctx, `
		SELECT n.name_ar, n.name_en, g.name_ar, g.name_en, d.name_ar, d.name_en
		FROM need AS n
		CROSS JOIN governorate AS g
		CROSS JOIN directorate AS d
		WHERE n.id = @need AND g.code = @governorate AND d.id = @directorate`,
		pgx.StrictNamedArgs{"need": a.act.NeedID, "governorate": a.act.GovernorateCode, "directorate": a.act.DirectorateID},
	).Scan(&a.names.Need.AR, &a.names.Need.EN, &a.names.Governorate.AR, &a.names.Governorate.EN, &a.names.Directorate.AR, &a.names.Directorate.EN)
	if errors.Is(err, pgx.ErrNoRows) {
		var faults fault.List
		faults.Add("/directorate_id", "There is no such directorate.", "لا توجد مديرية كهذه.")
		return askedCase{}, faults.Err()
	}
	a.names.Purpose, a.names.Group = a.act.Purpose, directory.TargetGroupName(a.act.TargetGroup)
	return a, err
}

func (a askedCase) answer(ctx context.Context, q pg.Querier, subject policy.Actor, now time.Time) (Answer, error) {
	rollout, err := directory.RolloutFor(ctx, q, a.act.GovernorateCode, a.act.NeedID, subject.AccountID)
	if err != nil {
		return Answer{}, err
	}
	terms, err := mou.TermsFor(ctx, q, a.act)
	if err != nil {
		return Answer{}, err
	}
	covered, err := mou.CoverageOf(ctx, q, terms)
	if err != nil {
		return Answer{}, err
	}
	d := policy.Decide(terms, a.consent, a.names.Tier, now)
	out := Answer{Decision: d, Code: d.Reason.Code(), Sentence: d.Explain()}
	if covered, ok := covered[d.Term.TermID]; ok && d.Reason < policy.NoConsent {
		out.Sentence = said(d.Reason.In(d.Term, covered, a.names), false)
	}
	if d.Allowed() && d.Term.TermID != uuid.Nil {
		out.Sentence = said(d.Reason.In(d.Term, covered[d.Term.TermID], a.names), true)
	}
	out.Grounds = append(out.Grounds, roleGround(subject, a.object))
	out.Grounds = append(out.Grounds, rolloutGround(rollout))
	out.Grounds = append(out.Grounds, termGrounds(terms, covered, a.names)...)
	if a.written {
		out.Grounds = append(out.Grounds, consentGrounds(a.consent, now)...)
	}
	for _, g := range out.Grounds[:2] { // role and rollout refuse before the terms are looked at
		if !g.OK && (out.Allowed || out.Code == d.Reason.Code()) {
			out.Code, out.Sentence = g.Code, said(g.Sentence, false)
		}
	}
	out.Allowed = d.Allowed() && out.Grounds[0].OK && out.Grounds[1].OK
	return out, nil
}

// said puts the decision before its ground.
func said(s fault.Sentence, allowed bool) fault.Sentence {
	if allowed {
		return fault.Sentence{AR: "مسموح: " + s.AR, EN: "Allowed: " + s.EN}
	}
	return fault.Sentence{AR: "مرفوض: " + s.AR, EN: "Refused: " + s.EN}
}

func roleGround(subject policy.Actor, o policy.Object) Ground {
	role, relation, ok := subject.May(policy.Send, policy.ClassAttempt, o)
	switch {
	case subject.Kind == policy.System:
		return Ground{About: "role", OK: true, Code: "system", Sentence: fault.Sentence{AR: "لا يُسأل عن الدور.", EN: "No role was asked about."}}
	case !ok:
		return Ground{About: "role", Code: "role_forbids", Sentence: fault.Sentence{
			AR: "لا دور لهذا الحساب يسمح له بإرسال هذه الإحالة.", EN: "No role of this account lets it send this referral.",
		}}
	}
	return Ground{About: "role", OK: true, Code: "role_permits", Sentence: fault.Sentence{
		AR: fmt.Sprintf("يسمح بذلك الدور %s بصفة %s.", role, relation), EN: fmt.Sprintf("The role %s permits it, as %s.", role, relation),
	}}
}

func rolloutGround(r directory.Rollout) Ground {
	var refusal *fault.Error
	if errors.As(r.Err(), &refusal) {
		return Ground{About: "rollout", Code: refusal.Code, Sentence: refusal.Detail}
	}
	return Ground{About: "rollout", OK: true, Code: "rollout_open", Sentence: fault.Sentence{
		AR: "الإحالة لهذه الحاجة قائمة في هذه المحافظة.", EN: "Referral for this need is open in this governorate.",
	}}
}

func termGrounds(terms []policy.Term, covered map[uuid.UUID]policy.Coverage, names policy.Asked) []Ground {
	if len(terms) == 0 {
		d := policy.Decision{}
		return []Ground{{About: "instrument", Code: d.Reason.Code(), Sentence: fault.Sentence{
			AR: "لا توجد وثيقة مع هذه المنظمة.", EN: "There is no instrument with this organization.",
		}}}
	}
	var grounds []Ground
	for _, t := range terms {
		reasons := t.Reasons(names.Tier)
		if len(reasons) == 0 {
			reasons = []policy.Reason{policy.Allowed}
		}
		for _, r := range reasons {
			grounds = append(grounds, Ground{
				About: "instrument", OK: r == policy.Allowed, Code: r.Code(), Sentence: r.In(t, covered[t.TermID], names),
				InstrumentNumber: t.InstrumentNumber, TermNumber: t.Number,
			})
		}
	}
	return grounds
}

func consentGrounds(c policy.Consent, now time.Time) []Ground {
	reasons := c.Reasons(now)
	if len(reasons) == 0 {
		return []Ground{{About: "consent", OK: true, Code: "consent_carries", Sentence: fault.Sentence{AR: "موافقة الأسرة سارية.", EN: "The family's consent carries it."}}}
	}
	var grounds []Ground
	for _, r := range reasons {
		grounds = append(grounds, Ground{About: "consent", Code: r.Code(), Sentence: policy.Decision{Reason: r}.Explain()})
	}
	return grounds
}
