package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/pg"
	"tahweel/policy"
)

const secondOfficer = "associations-officer-2"

// newcomer is a provider that the demonstration's survey found, and how far it came.
type newcomer struct {
	key, ar, en, place string
	entry              accreditation.EntryEvent // what the directorate did with it: nothing, Invite or ListForInformation
	track              accreditation.Track      // of its application; empty: none
	way                []accreditation.Event    // of its application after the draft
	outcome            accreditation.Outcome    // where it is decided
}

// The ways of an application, by where they end.
var (
	submitted = []accreditation.Event{accreditation.Submit}
	complete  = []accreditation.Event{accreditation.Submit, accreditation.MarkComplete}
	assigned  = []accreditation.Event{accreditation.Submit, accreditation.MarkComplete, accreditation.Assign}
	visited   = []accreditation.Event{accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit}
	reviewed  = []accreditation.Event{accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit, accreditation.Review}
	signed    = []accreditation.Event{
		accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit, accreditation.Review, accreditation.Sign,
	}
	decided = []accreditation.Event{
		accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit, accreditation.Review, accreditation.Sign, accreditation.Confirm,
	}
)

// newcomers are one for each state of an entry and of an application. None of them exists.
var newcomers = []newcomer{
	{key: "tallat-elders", ar: "نادي الطلّة للمسنين", en: "Talla Club for Older Persons", place: "gn-281292"},
	{key: "wadi-sewing", ar: "مشغل الوادي النسوي", en: "Wadi Women's Workshop", place: "gn-281292", entry: accreditation.ListForInformation},
	{key: "zahr-library", ar: "مكتبة الزهر للأطفال", en: "Zahr Children's Library", place: "gn-281292", entry: accreditation.Invite},
	{key: "karmil-study", ar: "جمعية الكرمل للتعليم المساند", en: "Karmil Society for Remedial Teaching", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Light},
	{key: "safa-youth", ar: "مركز الصفا الشبابي", en: "Safa Youth Centre", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Light, way: submitted},
	{key: "nawar-education", ar: "جمعية نوار التعليمية", en: "Nawar Education Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Light,
		way: []accreditation.Event{accreditation.Submit, accreditation.Return}},
	{key: "bayader-literacy", ar: "جمعية البيادر لمحو الأمية", en: "Bayader Literacy Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Light, way: complete},
	{key: "sanabel-children", ar: "جمعية السنابل للطفولة", en: "Sanabel Childhood Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Full, way: assigned},
	{key: "ufuq-rehab", ar: "جمعية الأفق للتأهيل", en: "Ufuq Rehabilitation Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Full, way: visited},
	{key: "jiser-family", ar: "جمعية الجسر للأسرة", en: "Jiser Family Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Full, way: reviewed},
	{key: "mada-hearing", ar: "جمعية المدى للصم", en: "Mada Society for the Deaf", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Full, way: signed},
	{key: "rahma-care", ar: "جمعية الرحمة للرعاية", en: "Rahma Care Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Full, way: decided,
		outcome: accreditation.Accredited},
	{key: "dalil-training", ar: "جمعية الدليل للتدريب", en: "Dalil Training Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Full, way: decided,
		outcome: accreditation.Rejected},
	{key: "ghiras-garden", ar: "جمعية الغراس", en: "Ghiras Society", place: "gn-281292", entry: accreditation.Invite, track: accreditation.Light,
		way: []accreditation.Event{accreditation.Submit, accreditation.Withdraw}},
}

// joiners are who works on newcomers: the directorate's officers and its signatory.
type joiners struct {
	store                  *accreditation.Store
	first, second, signing policy.Actor
}

// joining writes a survey of Hebron with what it found, and the applications that came of it.
func (l *loader) joining(ctx context.Context, _ content) error {
	j := joiners{store: accreditation.NewStore(l.db, func() time.Time { return l.moment })}
	for key, into := range map[string]*policy.Actor{officer: &j.first, secondOfficer: &j.second, signatory: &j.signing} {
		a, err := l.actor(key)
		if err != nil {
			return fmt.Errorf("demo: survey: %w", err)
		}
		*into = a
	}
	l.turnTo(-100)
	asked, err := j.store.Questionnaires(ctx, j.first, accreditation.Filter{Limit: 1})
	if err != nil || len(asked) == 0 {
		return fmt.Errorf("demo: survey: the questionnaire: %w", err)
	}
	made, err := j.store.PlanCampaign(ctx, j.first, accreditation.Campaign{
		Name:         name{AR: "مسح مقدمي الخدمات في الخليل (تجريبي)", EN: "Survey of providers in Hebron (demonstration)"},
		Directorates: []uuid.UUID{directorateID("hebron")}, From: l.day(-95), To: l.day(30), QuestionnaireID: asked[0].ID,
	}, pg.Once{})
	if err != nil {
		return fmt.Errorf("demo: survey: %w", err)
	}
	l.turnTo(-95)
	if _, err := j.store.MoveCampaign(ctx, j.first, accreditation.Move{ID: made.Entity.ID, Version: 1}, accreditation.Begin); err != nil {
		return fmt.Errorf("demo: survey: %w", err)
	}
	for i, n := range newcomers {
		if err := l.newcomer(ctx, j, made.Entity.ID, asked[0], n, i); err != nil {
			return fmt.Errorf("demo: newcomer %s: %w", n.key, err)
		}
	}
	return nil
}

// newcomer records one provider, what the directorate did with it, and its application.
func (l *loader) newcomer(ctx context.Context, j joiners, campaign uuid.UUID, asked accreditation.Questionnaire, n newcomer, i int) error {
	l.turnTo(-90 + i)
	found, err := j.store.Record(ctx, j.first, accreditation.Found{
		CampaignID: campaign, On: l.day(-90 + i), Answers: answers(asked, i),
		Organization: directory.Organization{
			ID: organizationID(n.key), Kind: directory.Association, Name: name{AR: n.ar, EN: n.en},
			Description: name{AR: "جهة تجريبية لا وجود لها.", EN: "A provider of the demonstration; it does not exist."},
		},
		Branch: directory.Branch{ID: idOf("branch", n.key), PlaceCode: n.place, Telephone: fmt.Sprintf("+970 2 555 01%02d", i), Email: n.key + "@example.org"},
	}, pg.Once{})
	if err != nil {
		return err
	}
	m := accreditation.Move{ID: found.Entity.ID, Version: 1}
	l.turnTo(-70 + i)
	switch n.entry {
	case accreditation.Invite:
		_, err = j.store.Invite(ctx, j.first, m, accreditation.Invitation{LetterNumber: fmt.Sprintf("S-%03d", 101+i), On: l.day(-70 + i), Channel: "letter"})
	case accreditation.ListForInformation:
		_, err = j.store.KeepForInformation(ctx, j.first, m)
	}
	if err != nil || n.track == "" {
		return err
	}
	return l.applied(ctx, j, asked, n, i)
}

// applied writes the application that an officer recorded for a newcomer, and takes it its way.
func (l *loader) applied(ctx context.Context, j joiners, asked accreditation.Questionnaire, n newcomer, i int) error {
	l.turnTo(-50)
	need := "EDU-REMED"
	if n.track == accreditation.Full {
		need = "DIS-PHYSIO"
	}
	assembly, year := l.day(-200), l.day(-200).Year()-1
	a, err := j.store.StartApplication(ctx, j.first, accreditation.Application{
		OrganizationID: organizationID(n.key), Kind: accreditation.First, Track: n.track, Papers: accreditation.Papers{
			RegisteringAuthority: "وزارة الداخلية", RegistrationNumber: fmt.Sprintf("HB-%04d", 700+i), LegalForm: "جمعية خيرية", BoardSize: new(7), LastAssemblyOn: assembly,
			AuditedYear: new(year), StaffWomen: new(3 + i%4), StaffMen: new(2 + i%3), Volunteers: new(6),
			Services: name{AR: "خدمات تجريبية للأسر", EN: "Services of the demonstration for households"},
			Scope:    []accreditation.Scope{{Need: need, Governorate: "PS0150"}}, QuestionnaireID: asked.ID, Answers: answers(asked, i),
		},
	}, pg.Once{})
	if err != nil {
		return err
	}
	for _, t := range []accreditation.DocumentType{
		accreditation.RegistrationCertificate, accreditation.Bylaws, accreditation.BoardList, accreditation.AuditedAccounts, accreditation.SafeguardingPolicy,
	} {
		_, err := j.store.AddDocument(ctx, j.first, a.Entity.ID, accreditation.NewDocument{
			Type: t, FileName: strings.ReplaceAll(string(t), "_", "-") + ".pdf", MediaType: accreditation.PDF, Content: []byte("%PDF-1.7\n% " + n.key + " " + string(t)),
		}, pg.Once{})
		if err != nil {
			return err
		}
	}
	for step, e := range n.way {
		l.turnTo(-45 + 5*step)
		if a, err = l.joinStep(ctx, j, n, i, a.Entity, e); err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
	}
	return nil
}

// joinStep makes one move of an application, in the name of whoever makes it.
func (l *loader) joinStep(
	ctx context.Context, j joiners, n newcomer, i int, a accreditation.Application, e accreditation.Event,
) (accreditation.Written[accreditation.Application], error) {
	m := accreditation.Move{ID: a.ID, Version: a.Version}
	switch e {
	case accreditation.Submit:
		return j.store.Submit(ctx, j.first, m)
	case accreditation.Withdraw:
		return j.store.Withdraw(ctx, j.first, m)
	case accreditation.Return:
		return j.store.Return(ctx, j.first, m, name{AR: "شهادة التسجيل غير مقروءة.", EN: "The registration certificate cannot be read."})
	case accreditation.MarkComplete:
		return j.store.MarkComplete(ctx, j.first, m)
	case accreditation.Assign:
		return j.store.Assign(ctx, j.first, m, j.second.AccountID)
	case accreditation.Visit:
		return j.store.RecordVisit(ctx, j.second, m, accreditation.SiteVisit{On: l.day(-32), Visitors: []string{"موظف تجريبي"}}, "المقر مهيأ، والطاقم كما ورد في الطلب.")
	case accreditation.Review:
		return j.store.RecordReview(ctx, j.second, m, "مستوفٍ للشروط.", accreditation.RecommendAccredit)
	case accreditation.Sign:
		ruling := accreditation.Ruling{
			Outcome: accreditation.Accredited, LetterNumber: fmt.Sprintf("M-%03d", 301+i),
			Grant: directory.Grant{Number: fmt.Sprintf("A-S-%03d", 301+i), ValidFrom: l.day(-14), ValidTo: l.day(-14).AddDate(2, 0, 0)},
			Conditions: []accreditation.Term{{
				Text: name{AR: "تهيئة المدخل لذوي الإعاقة.", EN: "Make the entrance accessible."}, DueOn: l.day(90),
			}},
		}
		if n.outcome == accreditation.Rejected {
			ruling.Outcome, ruling.Reason = accreditation.Rejected, name{AR: "الطاقم لا يكفي للخدمة المطلوبة.", EN: "The staff are too few for the service."}
		}
		return j.store.Sign(ctx, j.first, m, ruling)
	case accreditation.Confirm:
		return j.store.Confirm(ctx, j.signing, m)
	default:
		return accreditation.Written[accreditation.Application]{}, fmt.Errorf("the demonstration does not know the step %q", e)
	}
}

// answers are to every question, a little different from one newcomer to the next.
func answers(asked accreditation.Questionnaire, i int) []accreditation.Answer {
	list := make([]accreditation.Answer, len(asked.Questions))
	for n, q := range asked.Questions {
		list[n] = accreditation.Answer{Question: q.Code}
		switch q.Type {
		case accreditation.Number:
			list[n].Number = new((i + n) % 7)
		case accreditation.YesNo:
			list[n].Yes = new((i+n)%2 == 0)
		case accreditation.Text:
			list[n].Text = "إجابة تجريبية"
		case accreditation.Choice, accreditation.Choices:
			list[n].Choices = []string{q.Options[(i+n)%len(q.Options)].Code}
		}
	}
	return list
}
