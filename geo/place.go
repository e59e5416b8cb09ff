package geo

import (
	"time"

	"github.com/twpayne/go-geom"

	"tahweel/internal/fault"
)

// Attribution is due wherever places are shown: in the API, on maps and in the README.
const Attribution = "Contains data from GeoNames (CC BY 4.0) and Who's On First; modified."

// Governorate is one of the 16 governorates, by its OCHA p-code (PS0101 Jenin … PS0275 Rafah).
type Governorate struct {
	Code string
	Name fault.Sentence
}

// Area is where a governorate is. An indicative one was derived from the governorate's places and must be labelled so when
// shown; decisions use the place's governorate, never the area.
type Area struct {
	GovernorateCode string
	Shape           geom.T // multipolygon, WGS 84, longitude before latitude
	Indicative      bool
	Source          string
}

// Zone is a part of the country within which nothing stands in the way.
type Zone struct {
	Code string
	Name fault.Sentence
}

// Place is a locality or a displacement site. Points in Gaza are pre-war; population is indicative.
type Place struct {
	Code        string // the natural key, such as gn-281292
	Name        fault.Sentence
	Kind        string // city, town, village, hamlet, neighbourhood, bedouin, camp or displacement_site: a rule of thumb
	Governorate Governorate
	ZoneCode    string
	Point       Point
	Population  *int // nil: not known
	Camp        bool // one of the 27 official UNRWA camps
	ValidFrom   *time.Time
	ValidTo     *time.Time // last day; nil: until further notice
	Version     int
}

// PlaceQuery asks for places by name. The zero query asks for all of them, the most populous first.
type PlaceQuery struct {
	// Search is a name or the beginning of one in Arabic or English, in any spelling; at most 100 characters.
	Search string
	// GovernorateCode, if set, keeps to one governorate: the answer to an ambiguous name.
	GovernorateCode string
	// Limit is the number of places on a page; 0 is 20, and there are at most 100.
	Limit int
	// After is the Next of the page before; nil for the first page.
	After *PlacePosition
}

// PlacePosition is where a page of places ended. Its fields are not a contract.
type PlacePosition struct {
	Rank, Miss, Population int
	Code                   string
}

// Match says how a place's name answers a search.
type Match string

// The matches, best first.
const (
	Exact   Match = "exact"
	Prefix  Match = "prefix"
	Similar Match = "similar"
)

// PlaceMatch is a place that answers a search.
type PlaceMatch struct {
	Place
	// MatchedName is the name, or the other spelling, by which the place was found.
	MatchedName string
	Match       Match
	// AmbiguousName is true if a place in another governorate bears MatchedName too, as one of its names: whoever asked must
	// then say which one is meant.
	AmbiguousName bool
}

// PlacePage is one page of places; Next is nil on the last one.
type PlacePage struct {
	Items []PlaceMatch
	Next  *PlacePosition
}

// Where is a place or a free point, exactly one of the two.
type Where struct {
	// Place is the code of a place, or a name that only one place bears.
	Place string
	Point *Point
	// Pointer names Place's field in faults, as fault.Field does; empty is "?place".
	Pointer string
}

// Origin is from where a client starts. For a free point, place, governorate and zone are those of the nearest place.
type Origin struct {
	Point           Point
	PlaceCode       string
	PlaceName       fault.Sentence
	GovernorateCode string
	GovernorateName fault.Sentence
	ZoneCode        string
}
