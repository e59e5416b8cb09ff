package accreditation

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"tahweel/directory"
	"tahweel/internal/fault"
)

// track is what an application on it needs before it is complete.
type track struct {
	documents     []DocumentType
	governance    bool // board, assembly, audited accounts
	questionnaire bool
	visit         bool
	maxTier       int // of the needs applied for
}

// tracks is what each track asks for.
var tracks = map[Track]track{
	Full: {
		documents:  []DocumentType{RegistrationCertificate, Bylaws, BoardList, AuditedAccounts, SafeguardingPolicy},
		governance: true, questionnaire: true, visit: true, maxTier: 3,
	},
	Light: {documents: []DocumentType{RegistrationCertificate}, maxTier: 1},
}

// documentNames say the types of document in words.
var documentNames = map[DocumentType]fault.Sentence{
	RegistrationCertificate: {EN: "registration certificate", AR: "شهادة التسجيل"},
	Bylaws:                  {EN: "bylaws", AR: "النظام الداخلي"},
	BoardList:               {EN: "list of the board's members", AR: "قائمة أعضاء مجلس الإدارة"},
	AuditedAccounts:         {EN: "audited accounts", AR: "الحسابات المدققة"},
	Licence:                 {EN: "licence", AR: "الترخيص"},
	SafeguardingPolicy:      {EN: "safeguarding policy", AR: "سياسة الحماية والصون"},
	OtherDocument:           {EN: "other document", AR: "وثيقة أخرى"},
}

// Missing adds to the list, in words, everything that the application lacks on the day. documents are the types that it has; asked is
// the questionnaire that it answers.
func (a Application) Missing(l *fault.List, documents []DocumentType, asked Questionnaire, today time.Time) {
	need := tracks[a.Track]
	a.registered(l, today)
	if need.governance {
		a.governed(l)
	}
	if a.StaffWomen == nil || a.StaffMen == nil {
		l.Add("/staff_women", "How many women and men work there is missing.", "ينقص عدد العاملات والعاملين.")
	}
	named(l, "/services", a.Services)
	if len(a.Scope) == 0 {
		l.Add("/scope", "The needs applied for, each with a governorate, are missing.", "تنقص الاحتياجات المطلوب الاعتماد لها مع محافظاتها.")
	}
	a.scopeFits(l)
	switch {
	case need.questionnaire && a.QuestionnaireID == uuid.Nil:
		l.Add("/answers", "The questionnaire is not answered.", "لم يُجب عن الاستبيان.")
	case a.QuestionnaireID != uuid.Nil:
		asked.Check(l, "/answers", a.Answers)
	}
	for _, wanted := range need.documents {
		if !slices.Contains(documents, wanted) {
			name := documentNames[wanted]
			l.Add("/documents/"+string(wanted), "Missing document: "+name.EN+".", "وثيقة ناقصة: "+name.AR+".")
		}
	}
}

func (a Application) registered(l *fault.List, today time.Time) {
	required(l, "/registering_authority", a.RegisteringAuthority)
	required(l, "/registration_number", a.RegistrationNumber)
	required(l, "/legal_form", a.LegalForm)
	if !a.RegistrationExpiresOn.IsZero() && a.RegistrationExpiresOn.Before(today) {
		l.Add("/registration_expires_on", "The registration has run out.", "انتهت صلاحية التسجيل.")
	}
}

func (a Application) governed(l *fault.List) {
	if a.BoardSize == nil {
		l.Add("/board_size", "The size of the board is missing.", "ينقص عدد أعضاء مجلس الإدارة.")
	}
	if a.LastAssemblyOn.IsZero() {
		l.Add("/last_assembly_on", "The day of the last general assembly is missing.", "ينقص تاريخ آخر اجتماع للهيئة العامة.")
	}
	if a.AuditedYear == nil {
		l.Add("/audited_year", "The year of the last audited accounts is missing.", "تنقص سنة آخر حسابات مدققة.")
	}
}

// scopeFits adds a fault for each need that there is not and for each that the track does not reach.
func (a Application) scopeFits(l *fault.List) {
	for i, s := range a.Scope {
		at := "/scope/" + strconv.Itoa(i)
		tier, known := directory.HighestTier(s.Need)
		switch {
		case !known:
			l.Add(at+"/need", "Not a need that is known.", "احتياج غير معروف.")
		case tier > tracks[a.Track].maxTier:
			l.Add(at+"/need", fmt.Sprintf("The light track is for needs of tier 1; this reaches tier %d.", tier),
				fmt.Sprintf("المسار المخفف لاحتياجات الدرجة 1، وهذا يصل إلى الدرجة %d.", tier))
		}
		if slices.Contains(a.Scope[:i], s) {
			l.Add(at, "This is there twice.", "هذا مكرر.")
		}
	}
}

// Validate returns every fault of an application that is being written, as fault.Refused, or nil: what is missing may come later, what is
// wrong may not.
func (a Application) Validate(asked Questionnaire) error {
	var l fault.List
	if a.Kind != First && a.Kind != Renewal {
		l.Add("/kind", "Must be one of: first, renewal.", "يجب أن تكون القيمة إحدى: first, renewal.")
	}
	if _, ok := tracks[a.Track]; !ok {
		l.Add("/track", "Must be one of: full, light.", "يجب أن تكون القيمة إحدى: full, light.")
	}
	a.scopeFits(&l)
	if len(a.Answers) > 0 {
		var answered Questionnaire
		answered.Questions = slices.Clone(asked.Questions)
		for i := range answered.Questions {
			answered.Questions[i].Required = false
		}
		answered.Check(&l, "/answers", a.Answers)
	}
	for at, n := range map[string]*int{"/board_size": a.BoardSize, "/staff_women": a.StaffWomen, "/staff_men": a.StaffMen, "/volunteers": a.Volunteers} {
		if n != nil && (*n < 0 || *n > 100_000) {
			l.Add(at, "Must be a whole number from 0 to 100,000.", "يجب أن يكون عددًا من 0 إلى 100,000.")
		}
	}
	return l.Err()
}
