package geo

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Link says whether a client in zone From may get to a provider in zone To. It is directional, and in force from ValidFrom to
// ValidTo, both days included. Of one pair of zones at most one link is in force on a day; the database sees to it.
type Link struct {
	ID       uuid.UUID
	From, To string
	Passable bool
	// IdentityDocuments are the documents any one of which opens the way: palestinian, jerusalem, unrwa, passport. None: no
	// document is needed.
	IdentityDocuments []string
	Detour            float64 // factor on the straight line, at least 1
	ExtraKm           float64 // added after the factor
	Note              fault.Sentence
	Source            string
	ValidFrom         time.Time
	ValidTo           *time.Time // nil: until further notice
	Version           int
}

// InForce reports whether the link is in force on the day; see Today.
func (l Link) InForce(day time.Time) bool {
	return !day.Before(l.ValidFrom) && (l.ValidTo == nil || !day.After(*l.ValidTo))
}

// PassageReason says why there is passage between two zones, or none.
type PassageReason string

// The reasons of a passage.
const (
	SameZone        PassageReason = "same_zone"
	Open            PassageReason = "open"
	ByDocument      PassageReason = "by_document"      // open, because the client holds a document that opens the way
	DocumentMissing PassageReason = "document_missing" // closed without one, and the client's is another or not known
	NoPassage       PassageReason = "no_passage"
)

// Passable reports whether the client gets there.
func (r PassageReason) Passable() bool { return r == SameZone || r == Open || r == ByDocument }

// Passage is the way between two zones for one client on one day.
type Passage struct {
	From, To string
	Reason   PassageReason
	Detour   float64 // factor on the straight line; 1 within a zone
	ExtraKm  float64
	// Documents are those that open the way, if one is needed.
	Documents []string
	// Note is the link's own explanation, if there is a link.
	Note fault.Sentence
}

// EffectiveMeters returns how far it is by this passage to what lies straightMeters away in a straight line: the distance
// times the detour plus the extra. Results are ordered by it; it is never shown as a time.
func (p Passage) EffectiveMeters(straightMeters float64) float64 {
	return straightMeters*p.Detour + p.ExtraKm*1000
}

// Between returns the passage from zone from to zone to on the day for a client with the identity document, which is empty or
// "none" if there is none or it is not known. A zone to itself is always passable. Without a link in force there is no passage:
// unknown is refusal.
func Between(from, to string, links []Link, day time.Time, document string) Passage {
	p := Passage{From: from, To: to, Reason: NoPassage, Detour: 1}
	if from == to {
		p.Reason = SameZone
		return p
	}
	for _, l := range links {
		if l.From == from && l.To == to && l.InForce(day) {
			p.Detour, p.ExtraKm, p.Documents, p.Note = l.Detour, l.ExtraKm, l.IdentityDocuments, l.Note
			p.Reason = reasonOf(l, document)
			return p
		}
	}
	return p
}

func reasonOf(l Link, document string) PassageReason {
	switch {
	case !l.Passable:
		return NoPassage
	case len(l.IdentityDocuments) == 0:
		return Open
	case slices.Contains(l.IdentityDocuments, document):
		return ByDocument
	}
	return DocumentMissing
}

// Reach returns the passages to every zone that a client in zone from gets to on the day with the document: from itself first,
// the others in the order of their codes. It is a pure function of the links, those from the zone or more.
func Reach(from string, links []Link, day time.Time, document string) []Passage {
	reach := []Passage{Between(from, from, nil, day, document)}
	for _, to := range neighbours(from, links) {
		if p := Between(from, to, links, day, document); p.Reason.Passable() {
			reach = append(reach, p)
		}
	}
	return reach
}

func neighbours(from string, links []Link) []string {
	var zones []string
	for _, l := range links {
		if l.From == from && l.To != from {
			zones = append(zones, l.To)
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}
