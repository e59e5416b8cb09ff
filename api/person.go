package api

import "tahweel/referrals"

// The groups C to G of a referral, written by the case manager and read by whoever the family's consent and the instrument allow.
// A group that may not be seen has no key at all.

// Identity is group C: who the person is. Names have the four parts that names here have.
type Identity struct {
	GivenName       string `json:"given_name" minLength:"1" maxLength:"100" example:"ليان"`
	FatherName      string `json:"father_name,omitempty" maxLength:"100" example:"سامي"`
	GrandfatherName string `json:"grandfather_name,omitempty" maxLength:"100"`
	FamilyName      string `json:"family_name,omitempty" maxLength:"100" example:"نموذج"`
	BirthDate       string `json:"birth_date,omitempty" format:"date" example:"2017-03-14"`
	DocumentType    string `json:"document_type,omitempty" enum:"palestinian,jerusalem,unrwa,passport,none"`
	DocumentNumber  string `json:"document_number,omitempty" maxLength:"30"`
}

// Contact is group D: how to reach the person, and how to do so safely.
type Contact struct {
	Telephones        []string `json:"telephones,omitempty" maxItems:"5" maxLength:"30" doc:"As dialled here or international; given back in E.164."`
	Address           string   `json:"address,omitempty" maxLength:"300"`
	SafeMethod        string   `json:"safe_method,omitempty" enum:"call,message,visit,through_case_manager"`
	SafeHours         string   `json:"safe_hours,omitempty" maxLength:"100" example:"09:00-12:00"`
	MayLeaveMessage   bool     `json:"may_leave_message,omitempty"`
	CoverText         string   `json:"cover_text,omitempty" maxLength:"300" doc:"What to say if somebody else answers."`
	ContactProhibited bool     `json:"contact_prohibited,omitempty"`
	Escort            string   `json:"escort,omitempty" maxLength:"200"`
}

// Reason is group E: what is needed and why.
type Reason struct {
	Structured []string `json:"structured,omitempty" maxItems:"20" pattern:"^[a-z0-9_]{1,60}$" example:"[\"home_exercises\"]" doc:"Codes of what is needed in detail."`
	Strengths  []string `json:"strengths,omitempty" maxItems:"20" maxLength:"200" doc:"What the household can offer itself."`
	Narrative  string   `json:"narrative,omitempty" maxLength:"4000" doc:"Short."`
}

// Household is group F.
type Household struct {
	Size    *int     `json:"size,omitempty" minimum:"1" maximum:"60" doc:"Kept as a band only; never given back."`
	Members []Member `json:"members,omitempty" maxItems:"60"`
}

// Member is one person of the household.
type Member struct {
	Relation string `json:"relation" maxLength:"60" example:"mother" doc:"To the person referred."`
	Name     string `json:"name,omitempty" maxLength:"200"`
	Sex      string `json:"sex,omitempty" enum:"female,male"`
	Age      *int   `json:"age,omitempty" minimum:"0" maximum:"130" doc:"In whole years."`
}

// Sensitive is group G.
type Sensitive struct {
	Diagnosis   string `json:"diagnosis,omitempty" maxLength:"2000"`
	LegalStatus string `json:"legal_status,omitempty" maxLength:"2000"`
	Violence    string `json:"violence,omitempty" maxLength:"2000"`
}

// Eligibility is group B: facts that were derived elsewhere, never scores. "unknown" is a value of its own.
type Eligibility struct {
	RegisteredInRegistry string `json:"registered_in_registry,omitempty" enum:"yes,no,unknown" doc:"In the national social registry."`
	PovertyBand          string `json:"poverty_band,omitempty" enum:"extreme,poor,near_poor,not_poor,unknown"`
	DisabilityCard       string `json:"disability_card,omitempty" enum:"yes,no,unknown"`
}

// Details are the sealed groups as keys of a referral or an attempt.
type Details struct {
	Identity  *Identity  `json:"identity,omitempty" doc:"Group C."`
	Contact   *Contact   `json:"contact,omitempty" doc:"Group D."`
	Reason    *Reason    `json:"reason,omitempty" doc:"Group E."`
	Household *Household `json:"household,omitempty" doc:"Group F."`
	Sensitive *Sensitive `json:"sensitive,omitempty" doc:"Group G."`
}

func detailsOf(d referrals.Details) Details {
	var out Details
	if c := d.Identity; c != nil {
		out.Identity = &Identity{
			GivenName: c.GivenName, FatherName: c.FatherName, GrandfatherName: c.GrandfatherName, FamilyName: c.FamilyName,
			BirthDate: c.BirthDate, DocumentType: c.DocumentType, DocumentNumber: c.DocumentNumber,
		}
	}
	if c := d.Contact; c != nil {
		out.Contact = &Contact{
			Telephones: c.Telephones, Address: c.Address, SafeMethod: c.SafeMethod, SafeHours: c.SafeHours, MayLeaveMessage: c.MayLeaveMessage,
			CoverText: c.CoverText, ContactProhibited: c.ContactProhibited, Escort: c.Escort,
		}
	}
	if c := d.Narrative; c != nil {
		out.Reason = &Reason{Structured: c.Structured, Strengths: c.Strengths, Narrative: c.Text}
	}
	if c := d.Household; c != nil {
		out.Household = &Household{Members: make([]Member, len(c.Members))}
		for i, m := range c.Members {
			out.Household.Members[i] = Member{Relation: m.Relation, Name: m.Name, Sex: m.Sex, Age: m.Age}
		}
	}
	if c := d.Sensitive; c != nil {
		out.Sensitive = &Sensitive{Diagnosis: c.Diagnosis, LegalStatus: c.LegalStatus, Violence: c.Violence}
	}
	return out
}

func (i Identity) domain() *referrals.Identity {
	return &referrals.Identity{
		GivenName: i.GivenName, FatherName: i.FatherName, GrandfatherName: i.GrandfatherName, FamilyName: i.FamilyName,
		BirthDate: i.BirthDate, DocumentType: i.DocumentType, DocumentNumber: i.DocumentNumber,
	}
}

func (c *Contact) domain() *referrals.Contact {
	if c == nil {
		return nil
	}
	return &referrals.Contact{
		Telephones: c.Telephones, Address: c.Address, SafeMethod: c.SafeMethod, SafeHours: c.SafeHours, MayLeaveMessage: c.MayLeaveMessage,
		CoverText: c.CoverText, ContactProhibited: c.ContactProhibited, Escort: c.Escort,
	}
}

func (r *Reason) domain() *referrals.Narrative {
	if r == nil {
		return nil
	}
	return &referrals.Narrative{Structured: r.Structured, Strengths: r.Strengths, Text: r.Narrative}
}

func (h *Household) domain() *referrals.Household {
	if h == nil || len(h.Members) == 0 {
		return nil
	}
	out := &referrals.Household{Members: make([]referrals.Member, len(h.Members))}
	for i, m := range h.Members {
		out.Members[i] = referrals.Member{Relation: m.Relation, Name: m.Name, Sex: m.Sex, Age: m.Age}
	}
	return out
}

func (s *Sensitive) domain() *referrals.Sensitive {
	if s == nil {
		return nil
	}
	return &referrals.Sensitive{Diagnosis: s.Diagnosis, LegalStatus: s.LegalStatus, Violence: s.Violence}
}

func (e *Eligibility) domain() referrals.Eligibility {
	if e == nil {
		return referrals.Eligibility{}
	}
	return referrals.Eligibility{RegisteredInRegistry: e.RegisteredInRegistry, PovertyBand: e.PovertyBand, DisabilityCard: e.DisabilityCard}
}

func eligibilityOf(e *referrals.Eligibility) *Eligibility {
	if e == nil {
		return nil
	}
	return &Eligibility{RegisteredInRegistry: e.RegisteredInRegistry, PovertyBand: e.PovertyBand, DisabilityCard: e.DisabilityCard}
}
