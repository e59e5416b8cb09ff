package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	joins "tahweel/directory/accreditation"
	"tahweel/geo"
	"tahweel/internal/pg"
	"tahweel/policy"
)

const secondOfficer = "associations-officer-2"

// newcomer is a provider that the demonstration's survey found, and how far it came.
type newcomer struct {
	key, ar, en, place string
	entry              joins.EntryEvent // what the directorate did with it: nothing, Invite or ListForInformation
	track              joins.Track      // of its application; empty: none
	way                []joins.Event    // of its application after the draft
	outcome            joins.Outcome    // where it is decided
}

// The ways of an application, by where they end.
var (
	submitted = []joins.Event{joins.Submit}
	complete  = []joins.Event{joins.Submit, joins.MarkComplete}
	assigned  = []joins.Event{joins.Submit, joins.MarkComplete, joins.Assign}
	visited   = []joins.Event{joins.Submit, joins.MarkComplete, joins.Assign, joins.Visit}
	reviewed  = []joins.Event{joins.Submit, joins.MarkComplete, joins.Assign, joins.Visit, joins.Review}
	signed    = []joins.Event{
		joins.Submit, joins.MarkComplete, joins.Assign, joins.Visit, joins.Review, joins.Sign,
	}
	decided = []joins.Event{
		joins.Submit, joins.MarkComplete, joins.Assign, joins.Visit, joins.Review, joins.Sign, joins.Confirm,
	}
)

// newcomers are one for each state of an entry and of an application. None of them exists.
var newcomers = []newcomer{
	{key: "tallat-elders", ar: "نادي الطلّة للمسنين", en: "Talla Club for Older Persons", place: "gn-281292"},
	{key: "wadi-sewing", ar: "مشغل الوادي النسوي", en: "Wadi Women's Workshop", place: "gn-281292", entry: joins.ListForInformation},
	{key: "zahr-library", ar: "مكتبة الزهر للأطفال", en: "Zahr Children's Library", place: "gn-281292", entry: joins.Invite},
	{key: "karmil-study", ar: "جمعية الكرمل للتعليم المساند", en: "Karmil Society for Remedial Teaching", place: "gn-281292", entry: joins.Invite, track: joins.Light},
	{key: "safa-youth", ar: "مركز الصفا الشبابي", en: "Safa Youth Centre", place: "gn-281292", entry: joins.Invite, track: joins.Light, way: submitted},
	{key: "nawar-education", ar: "جمعية نوار التعليمية", en: "Nawar Education Society", place: "gn-281292", entry: joins.Invite, track: joins.Light,
		way: []joins.Event{joins.Submit, joins.Return}},
	{key: "bayader-literacy", ar: "جمعية البيادر لمحو الأمية", en: "Bayader Literacy Society", place: "gn-281292", entry: joins.Invite, track: joins.Light, way: complete},
	{key: "sanabel-children", ar: "جمعية السنابل للطفولة", en: "Sanabel Childhood Society", place: "gn-281292", entry: joins.Invite, track: joins.Full, way: assigned},
	{key: "ufuq-rehab", ar: "جمعية الأفق للتأهيل", en: "Ufuq Rehabilitation Society", place: "gn-281292", entry: joins.Invite, track: joins.Full, way: visited},
	{key: "jiser-family", ar: "جمعية الجسر للأسرة", en: "Jiser Family Society", place: "gn-281292", entry: joins.Invite, track: joins.Full, way: reviewed},
	{key: "mada-hearing", ar: "جمعية المدى للصم", en: "Mada Society for the Deaf", place: "gn-281292", entry: joins.Invite, track: joins.Full, way: signed},
	{key: "rahma-care", ar: "جمعية الرحمة للرعاية", en: "Rahma Care Society", place: "gn-281292", entry: joins.Invite, track: joins.Full, way: decided,
		outcome: joins.Accredited},
	{key: "dalil-training", ar: "جمعية الدليل للتدريب", en: "Dalil Training Society", place: "gn-281292", entry: joins.Invite, track: joins.Full, way: decided,
		outcome: joins.Rejected},
	{key: "ghiras-garden", ar: "جمعية الغراس", en: "Ghiras Society", place: "gn-281292", entry: joins.Invite, track: joins.Light,
		way: []joins.Event{joins.Submit, joins.Withdraw}},
}

// joiners are who works on newcomers: the directorate's officers and its signatory.
type joiners struct {
	store                  *joins.Store
	first, second, signing policy.Actor
}

// joining writes a survey of Hebron with what it found, and the applications that came of it.
func (l *loader) joining(ctx context.Context, _ content) error {
	j := joiners{store: joins.NewStore(l.db.Filling(), func() time.Time { return l.moment })}
	for key, into := range map[string]*policy.Actor{officer: &j.first, secondOfficer: &j.second, signatory: &j.signing} {
		a, err := l.actor(key)
		if err != nil {
			return fmt.Errorf("demo: survey: %w", err)
		}
		*into = a
	}
	l.turnTo(-100)
	asked, err := j.store.Questionnaires(ctx, j.first, joins.Filter{Limit: 1})
	if err != nil || len(asked) == 0 {
		return fmt.Errorf("demo: survey: the questionnaire: %w", err)
	}
	made, err := j.store.PlanCampaign(ctx, j.first, joins.Campaign{
		Name:         name{AR: "مسح مقدمي الخدمات في الخليل (تجريبي)", EN: "Survey of providers in Hebron (demonstration)"},
		Directorates: []uuid.UUID{directorateID("hebron")}, From: l.day(-95), To: l.day(30), QuestionnaireID: asked[0].ID,
	}, pg.Once{})
	if err != nil {
		return fmt.Errorf("demo: survey: %w", err)
	}
	l.turnTo(-95)
	if _, err := j.store.MoveCampaign(ctx, j.first, joins.Move{ID: made.Entity.ID, Version: 1}, joins.Begin); err != nil {
		return fmt.Errorf("demo: survey: %w", err)
	}
	for i, n := range newcomers {
		if err := l.newcomer(ctx, j, made.Entity.ID, asked[0], n, i); err != nil {
			return fmt.Errorf("demo: newcomer %s: %w", n.key, err)
		}
		if err := l.refresh(ctx, organizationID(n.key)); err != nil {
			return fmt.Errorf("demo: newcomer %s: %w", n.key, err)
		}
	}
	return nil
}

// newcomer records one provider, what the directorate did with it, and its application.
func (l *loader) newcomer(ctx context.Context, j joiners, campaign uuid.UUID, asked joins.Questionnaire, n newcomer, i int) error {
	l.turnTo(-90 + i)
	found, err := j.store.Record(ctx, j.first, joins.Found{
		CampaignID: campaign, On: geo.Today(l.moment), Answers: answers(asked, i),
		Organization: directory.Organization{
			ID: organizationID(n.key), Kind: directory.Association, Name: name{AR: n.ar, EN: n.en},
			Description: name{AR: "جهة تجريبية لا وجود لها.", EN: "A provider of the demonstration; it does not exist."},
		},
		Branch: directory.Branch{ID: idOf("branch", n.key), PlaceCode: n.place, Telephone: fmt.Sprintf("+970 2 555 01%02d", i), Email: n.key + "@example.org"},
	}, pg.Once{})
	if err != nil {
		return err
	}
	m := joins.Move{ID: found.Entity.ID, Version: 1}
	l.turnTo(-70 + i)
	switch n.entry {
	case joins.Invite:
		_, err = j.store.Invite(ctx, j.first, m, joins.Invitation{LetterNumber: fmt.Sprintf("S-%03d", 101+i), On: l.day(-70 + i), Channel: "letter"})
	case joins.ListForInformation:
		_, err = j.store.KeepForInformation(ctx, j.first, m)
	default: // stays surveyed
	}
	if err != nil || n.track == "" {
		return err
	}
	return l.applied(ctx, j, asked, n, i)
}

// applied writes the application that an officer recorded for a newcomer, and takes it its way.
func (l *loader) applied(ctx context.Context, j joiners, asked joins.Questionnaire, n newcomer, i int) error {
	l.turnTo(-50)
	need := "EDU-REMED"
	if n.track == joins.Full {
		need = "DIS-PHYSIO"
	}
	assembly, year := l.day(-200), l.day(-200).Year()-1
	a, err := j.store.StartApplication(ctx, j.first, joins.Application{
		OrganizationID: organizationID(n.key), Kind: joins.First, Track: n.track, Papers: joins.Papers{
			RegisteringAuthority: "وزارة الداخلية", RegistrationNumber: fmt.Sprintf("HB-%04d", 700+i), LegalForm: "جمعية خيرية", BoardSize: new(7), LastAssemblyOn: assembly,
			AuditedYear: new(year), StaffWomen: new(3 + i%4), StaffMen: new(2 + i%3), Volunteers: new(6),
			Services: name{AR: "خدمات تجريبية للأسر", EN: "Services of the demonstration for households"},
			Scope:    []joins.Scope{{Need: need, Governorate: "PS0150"}}, QuestionnaireID: asked.ID, Answers: answers(asked, i),
		},
	}, pg.Once{})
	if err != nil {
		return err
	}
	for _, t := range []joins.DocumentType{
		joins.RegistrationCertificate, joins.Bylaws, joins.BoardList, joins.AuditedAccounts, joins.SafeguardingPolicy,
	} {
		_, err := j.store.AddDocument(ctx, j.first, a.Entity.ID, joins.NewDocument{
			Type: t, FileName: strings.ReplaceAll(string(t), "_", "-") + ".pdf", MediaType: joins.PDF, Content: []byte("%PDF-1.7\n% " + n.key + " " + string(t)),
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
	ctx context.Context, j joiners, n newcomer, i int, a joins.Application, e joins.Event,
) (joins.Written[joins.Application], error) {
	m := joins.Move{ID: a.ID, Version: a.Version}
	switch e {
	case joins.Submit:
		return j.store.Submit(ctx, j.first, m)
	case joins.Withdraw:
		return j.store.Withdraw(ctx, j.first, m, "طلبت الجمعية سحبه بكتاب.")
	case joins.Return:
		return j.store.Return(ctx, j.first, m, name{AR: "شهادة التسجيل غير مقروءة.", EN: "The registration certificate cannot be read."})
	case joins.MarkComplete:
		return j.store.MarkComplete(ctx, j.first, m)
	case joins.Assign:
		return j.store.Assign(ctx, j.first, m, j.second.AccountID)
	case joins.Visit:
		return j.store.RecordVisit(ctx, j.second, m, joins.SiteVisit{On: l.day(-32), Visitors: []string{"موظف تجريبي"}}, "المقر مهيأ، والطاقم كما ورد في الطلب.")
	case joins.Review:
		return j.store.RecordReview(ctx, j.second, m, "مستوفٍ للشروط.", joins.RecommendAccredit)
	case joins.Sign:
		ruling := joins.Ruling{
			Outcome: joins.Accredited, LetterNumber: fmt.Sprintf("M-%03d", 301+i),
			Grant: directory.Grant{Number: fmt.Sprintf("A-S-%03d", 301+i), ValidFrom: l.day(-14), ValidTo: l.day(-14).AddDate(2, 0, 0)},
			Conditions: []joins.Term{{
				Text: name{AR: "تهيئة المدخل لذوي الإعاقة.", EN: "Make the entrance accessible."}, DueOn: l.day(90),
			}},
		}
		if n.outcome == joins.Rejected {
			ruling.Outcome, ruling.Reason = joins.Rejected, name{AR: "الطاقم لا يكفي للخدمة المطلوبة.", EN: "The staff are too few for the service."}
		}
		return j.store.Sign(ctx, j.first, m, ruling)
	case joins.Confirm:
		return j.store.Confirm(ctx, j.signing, m)
	default:
		return joins.Written[joins.Application]{}, fmt.Errorf("the demonstration does not know the step %q", e)
	}
}

// answers are to every question, a little different from one newcomer to the next.
func answers(asked joins.Questionnaire, i int) []joins.Answer {
	list := make([]joins.Answer, len(asked.Questions))
	for n, q := range asked.Questions {
		list[n] = joins.Answer{Question: q.Code}
		switch q.Type {
		case joins.Number:
			list[n].Number = new((i + n) % 7)
		case joins.YesNo:
			list[n].Yes = new((i+n)%2 == 0)
		case joins.Text:
			list[n].Text = "إجابة تجريبية"
		case joins.Choice, joins.Choices:
			list[n].Choices = []string{q.Options[(i+n)%len(q.Options)].Code}
		}
	}
	return list
}
