package accreditation_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/directory/accreditation"
	"tahweel/internal/fault"
	"tahweel/internal/identity"
	"tahweel/internal/pg"
	"tahweel/internal/pg/pgtest"
	"tahweel/policy"
)

const (
	hebron = "PS0150"
	yatta  = "gn-281292"
	physio = "DIS-PHYSIO"
)

// asked is the questionnaire that comes with the product.
var asked = uuid.MustParse("0198c0de-9999-7000-8000-000000000001")

// world is a database with the needs, two invented associations and those who have to do with them; now is what its clock shows.
type world struct {
	*testing.T
	db                                      *pgtest.DB
	now                                     time.Time
	store                                   *accreditation.Store
	register                                *directory.Store
	accounts                                *identity.Store
	mine, theirs                            uuid.UUID
	officer, second, signatory, third       policy.Actor
	auditor, manager, focal, machine, other policy.Actor
	worker                                  policy.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, db: pgtest.New(t), now: time.Date(2026, time.May, 31, 8, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	w.store, w.register, w.accounts = accreditation.NewStore(w.db.DB, clock), directory.NewStore(w.db.DB, clock), identity.NewStore(w.db.DB, nil, clock)
	if err := w.register.SeedNeeds(t.Context(), policy.TheSystem()); err != nil {
		t.Fatal(err)
	}
	d, err := w.register.CreateDirectorate(t.Context(), policy.TheSystem(), directory.Directorate{
		Code: "HEB", Name: directory.Name{AR: "مديرية مثال", EN: "Example directorate"}, GovernorateCodes: []string{hebron},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.mine, w.theirs = w.association(), w.association()
	country := func(role policy.Role) policy.Actor { return w.person(policy.Person, policy.Membership{Role: role}) }
	w.officer, w.second, w.third = country(policy.AssociationsOfficer), country(policy.AssociationsOfficer), country(policy.AssociationsOfficer)
	w.signatory, w.auditor = country(policy.AssociationsSignatory), country(policy.Auditor)
	w.manager = w.person(policy.Person, policy.Membership{Role: policy.CaseManager, DirectorateID: d.ID})
	w.focal = w.person(policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.mine})
	w.worker = w.person(policy.Person, policy.Membership{Role: policy.ProviderWorker, OrganizationID: w.mine})
	w.machine = w.person(policy.Client, policy.Membership{Role: policy.ProviderClient, OrganizationID: w.mine})
	w.other = w.person(policy.Person, policy.Membership{Role: policy.ProviderFocalPoint, OrganizationID: w.theirs})
	return w
}

func (w *world) association() uuid.UUID {
	w.Helper()
	o, err := w.register.CreateOrganization(w.Context(), policy.TheSystem(), directory.Organization{
		Kind: directory.Association, Name: directory.Name{AR: "جمعية مثال", EN: "Example society"},
	})
	if err != nil {
		w.Fatal(err)
	}
	return o.ID
}

func (w *world) person(kind policy.Kind, m policy.Membership) policy.Actor {
	w.Helper()
	id := uuid.Must(uuid.NewV7())
	err := w.accounts.CreateAccount(w.Context(), policy.TheSystem(), identity.Account{
		ID: id, Kind: kind, NameAR: "حساب مثال", NameEN: "Example account", OrganizationID: m.OrganizationID,
	}, []identity.Membership{{Membership: m}})
	if err != nil {
		w.Fatal(err)
	}
	return policy.Actor{AccountID: id, Kind: kind, OwnSession: kind == policy.Person, Memberships: []policy.Membership{m}}
}

// answers are to every question that must be answered.
func (w *world) answers() []accreditation.Answer {
	w.Helper()
	q, err := w.store.Questionnaire(w.Context(), w.focal, asked)
	if err != nil {
		w.Fatal(err)
	}
	var list []accreditation.Answer
	for _, question := range q.Questions {
		a := accreditation.Answer{Question: question.Code}
		switch question.Type {
		case accreditation.Number:
			a.Number = new(3)
		case accreditation.YesNo:
			a.Yes = new(true)
		case accreditation.Text:
			a.Text = "مثال"
		case accreditation.Choice, accreditation.Choices:
			a.Choices = []string{question.Options[0].Code}
		}
		list = append(list, a)
	}
	return list
}

// papers are complete on the full track.
func (w *world) papers() accreditation.Papers {
	return accreditation.Papers{
		RegisteringAuthority: "وزارة الداخلية", RegistrationNumber: "HB-1", LegalForm: "جمعية خيرية", BoardSize: new(7),
		LastAssemblyOn: w.now.AddDate(0, -3, 0), AuditedYear: new(2025), StaffWomen: new(4), StaffMen: new(3), Volunteers: new(9),
		Services: fault.Sentence{AR: "علاج طبيعي", EN: "Physiotherapy"}, Scope: []accreditation.Scope{{Need: physio, Governorate: hebron}},
		QuestionnaireID: asked, Answers: w.answers(),
	}
}

func pdf(text string) accreditation.NewDocument {
	return accreditation.NewDocument{Type: accreditation.OtherDocument, FileName: "example.pdf", MediaType: accreditation.PDF, Content: []byte("%PDF-1.7 " + text)}
}

// draft is an application of the first organization on the full track, with every document.
func (w *world) draft(kind accreditation.Kind) accreditation.Application {
	w.Helper()
	made, err := w.store.StartApplication(w.Context(), w.focal, accreditation.Application{
		OrganizationID: w.mine, Kind: kind, Track: accreditation.Full, Papers: w.papers(),
	}, pg.Once{})
	if err != nil {
		w.Fatal(err)
	}
	for _, typ := range []accreditation.DocumentType{
		accreditation.RegistrationCertificate, accreditation.Bylaws, accreditation.BoardList, accreditation.AuditedAccounts, accreditation.SafeguardingPolicy,
	} {
		d := pdf(string(typ))
		d.Type = typ
		if _, err := w.store.AddDocument(w.Context(), w.focal, made.Entity.ID, d, pg.Once{}); err != nil {
			w.Fatal(err)
		}
	}
	return made.Entity
}

func (w *world) ruling(number string, months int) accreditation.Ruling {
	day := w.now.Truncate(24 * time.Hour)
	return accreditation.Ruling{Outcome: accreditation.Accredited, LetterNumber: "L-" + number, Grant: directory.Grant{
		Number: number, ValidFrom: day, ValidTo: day.AddDate(0, months, 0),
	}}
}

// steps are the moves of an application, each by who makes it.
func (w *world) steps() map[accreditation.Event]func(accreditation.Move) (accreditation.Written[accreditation.Application], error) {
	ctx := w.Context()
	reason := fault.Sentence{AR: "مثال", EN: "Example"}
	return map[accreditation.Event]func(accreditation.Move) (accreditation.Written[accreditation.Application], error){
		accreditation.Submit: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.Submit(ctx, w.focal, m)
		},
		accreditation.Withdraw: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.Withdraw(ctx, w.focal, m, "")
		},
		accreditation.Return: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.Return(ctx, w.officer, m, reason)
		},
		accreditation.MarkComplete: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.MarkComplete(ctx, w.officer, m)
		},
		accreditation.Assign: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.Assign(ctx, w.officer, m, w.officer.AccountID)
		},
		accreditation.Visit: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.RecordVisit(ctx, w.officer, m, accreditation.SiteVisit{On: w.now.AddDate(0, 0, -1), Visitors: []string{"سمير المثال"}}, "سر الزيارة")
		},
		accreditation.Review: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.RecordReview(ctx, w.officer, m, "سر المراجعة", accreditation.RecommendAccredit)
		},
		accreditation.Sign: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.Sign(ctx, w.officer, m, w.ruling("A-1", 24))
		},
		accreditation.HandBack: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.HandBack(ctx, w.signatory, m, "ناقص")
		},
		accreditation.Confirm: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.Confirm(ctx, w.signatory, m)
		},
		accreditation.RecordMinute: func(m accreditation.Move) (accreditation.Written[accreditation.Application], error) {
			return w.store.RecordMinute(ctx, w.officer, m, w.ruling("A-2", 24), accreditation.Minute{
				Number: "M-1", On: w.now, Members: []string{"أ المثال", "ب المثال", "ج المثال"},
			})
		},
	}
}

// walk takes the application the way and returns it.
func (w *world) walk(a accreditation.Application, way ...accreditation.Event) accreditation.Application {
	w.Helper()
	for _, e := range way {
		moved, err := w.steps()[e](accreditation.Move{ID: a.ID, Version: a.Version})
		if err != nil {
			w.Fatalf("%s: %v", e, err)
		}
		a = moved.Entity
	}
	return a
}

// toReview is the way to a review, and toDecision on to where it is decided.
var (
	toReview   = []accreditation.Event{accreditation.Submit, accreditation.MarkComplete, accreditation.Assign, accreditation.Visit, accreditation.Review}
	toDecision = append(append([]accreditation.Event{}, toReview...), accreditation.Sign, accreditation.Confirm)
)
