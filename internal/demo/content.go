package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"

	"tahweel/internal/fault"
)

//go:embed data/*.json data/country/*.json
var data embed.FS

// content is the demonstration as its files say it; data/README.md explains the fields.
type content struct {
	directorates  []directorate
	accounts      []account
	organizations []organization
	referrals     []script
}

type name = fault.Sentence

type directorate struct {
	Code          string   `json:"code"`
	Name          name     `json:"name"`
	Governorates  []string `json:"governorates"`
	IncludePlaces []string `json:"include_places"`
	ExcludePlaces []string `json:"exclude_places"`
	CaseManagers  int      `json:"case_managers"`
}

type account struct {
	Key         string  `json:"key"`
	Role        string  `json:"role"`
	Directorate *string `json:"directorate"`
	Name        name    `json:"name"`
	JobTitle    name    `json:"job_title"`
	Telephone   string  `json:"telephone"`
	Email       string  `json:"email"`
}

type organization struct {
	Key                  string       `json:"key"`
	Kind                 string       `json:"kind"`
	Name                 name         `json:"name"`
	Description          name         `json:"description"`
	RegisteringAuthority name         `json:"registering_authority"`
	RegistrationNumber   string       `json:"registration_number"`
	Accreditation        *accredited  `json:"accreditation"`
	Instruments          []instrument `json:"instruments"`
	Locations            []location   `json:"locations"`
	Services             []service    `json:"services"`
	Members              []account    `json:"members"`
	Client               bool         `json:"client"`
	ReadyAs              string       `json:"ready_as"`
}

type accredited struct {
	Status    string `json:"status"`
	Number    string `json:"number"`
	ValidFrom int    `json:"valid_from"`
	ValidTo   int    `json:"valid_to"`
}

type instrument struct {
	Kind      string   `json:"kind"`
	Number    string   `json:"number"`
	Status    string   `json:"status"`
	ValidFrom int      `json:"valid_from"`
	ValidTo   int      `json:"valid_to"`
	Cleared   []string `json:"cleared"`
	Terms     []term   `json:"terms"`
}

type term struct {
	Directorates []string `json:"directorates"`
	Needs        []string `json:"needs"`
	Governorates []string `json:"governorates"`
	TargetGroups []string `json:"target_groups"`
	Purposes     []string `json:"purposes"`
	MaxTier      int      `json:"max_tier"`
	Grants       struct {
		Accepted []string `json:"accepted"`
	} `json:"grants"`
	Quotas []quota `json:"quotas"`
}

type quota struct {
	Period      string `json:"period"`
	Cap         int    `json:"cap"`
	Directorate string `json:"directorate"`
}

type location struct {
	Key     string `json:"key"`
	Name    name   `json:"name"`
	Place   string `json:"place"`
	Address name   `json:"address"`
	// Confidential is a place that is never shown, such as a shelter's; it then has neither name nor address.
	Confidential bool `json:"confidential"`
	Offset       struct {
		North float64 `json:"north"`
		East  float64 `json:"east"`
	} `json:"offset_m"`
}

type service struct {
	Key           string   `json:"key"`
	Name          name     `json:"name"`
	Description   name     `json:"description"`
	Needs         []string `json:"needs"`
	TargetGroups  []string `json:"target_groups"`
	MinimumAge    *int     `json:"min_age"`
	MaximumAge    *int     `json:"max_age"`
	Sex           string   `json:"sex"`
	DeliveryModes []string `json:"delivery_modes"`
	Area          *struct {
		Nationwide   bool     `json:"nationwide"`
		Governorates []string `json:"governorates"`
		Places       []string `json:"places"`
	} `json:"area"`
	Free      bool    `json:"free"`
	Active    bool    `json:"active"`
	Remote    *offer  `json:"remote"`
	Locations []offer `json:"locations"`
}

type offer struct {
	Location  string `json:"location"`
	Accepting string `json:"accepting"`
	AsOfDays  int    `json:"as_of_days"`
	// Confidential is filled from the location.
	Confidential bool `json:"-"`
}

// script is one referral and what happened to it.
type script struct {
	Key             string `json:"key"`
	CaseManager     string `json:"case_manager"`
	CreatedHoursAgo int    `json:"created_hours_ago"`
	Need            string `json:"need"`
	Place           string `json:"place"`
	Priority        string `json:"priority"`
	TargetGroup     string `json:"target_group"`
	Sex             string `json:"sex"`
	Age             *int   `json:"age"`
	HouseholdSize   *int   `json:"household_size"`
	Language        string `json:"language"`

	PrefersFemaleWorker bool `json:"prefers_female_worker"`
	NeedsTransport      bool `json:"needs_transport"`

	Eligibility struct {
		RegisteredInRegistry string `json:"registered_in_registry"`
		PovertyBand          string `json:"poverty_band"`
		DisabilityCard       string `json:"disability_card"`
	} `json:"eligibility"`
	Person struct {
		GivenName       string `json:"given_name"`
		FatherName      string `json:"father_name"`
		GrandfatherName string `json:"grandfather_name"`
		FamilyName      string `json:"family_name"`
		DocumentType    string `json:"document_type"`
		DocumentNumber  string `json:"document_number"`
		Telephone       string `json:"telephone"`
	} `json:"person"`
	Contact struct {
		SafeMethod      string `json:"safe_method"`
		MayLeaveMessage bool   `json:"may_leave_message"`
	} `json:"contact"`
	Narrative string `json:"narrative"`
	Attempts  []try  `json:"attempts"`
}

type try struct {
	Organization string `json:"organization"`
	Service      string `json:"service"`
	Location     string `json:"location"`
	Consent      struct {
		Groups      []string `json:"groups"`
		GivenBy     string   `json:"given_by"`
		ChildAssent *bool    `json:"child_assent"`
		Evidence    string   `json:"evidence"`
	} `json:"consent"`
	Path []step `json:"path"`
}

type step struct {
	Move           string `json:"move"`
	HoursAgo       int    `json:"hours_ago"`
	By             string `json:"by"`
	Code           string `json:"code"`
	Text           string `json:"text"`
	NeedMet        string `json:"need_met"`
	ServiceDaysAgo int    `json:"service_days_ago"`
}

// read returns the content of the embedded files. A field that nothing here knows is a mistake.
func read() (content, error) {
	var c content
	files := []struct {
		pattern string
		into    func([]byte) error
	}{
		{"data/directorates.json", appendTo(&c.directorates)},
		{"data/accounts.json", appendTo(&c.accounts)},
		{"data/organizations_*.json", appendTo(&c.organizations)},
		{"data/referrals.json", appendTo(&c.referrals)},
	}
	for _, f := range files {
		names, err := fs.Glob(data, f.pattern)
		if err != nil {
			return content{}, fmt.Errorf("demo: %w", err)
		}
		for _, n := range names {
			text, err := data.ReadFile(n)
			if err == nil {
				err = f.into(text)
			}
			if err != nil {
				return content{}, fmt.Errorf("demo: %s: %w", n, err)
			}
		}
	}
	return c, nil
}

func appendTo[T any](list *[]T) func([]byte) error {
	return func(text []byte) error {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		var items []T
		err := decoder.Decode(&items)
		*list = append(*list, items...)
		return err
	}
}
