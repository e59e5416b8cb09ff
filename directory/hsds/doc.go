// Package hsds holds the directory in the words of the Human Services Data Specification 3.2: a type for each of its entities, as they
// stand in JSON and as the columns of its tables are called, and the mapping between them and package directory, both ways. It reads
// and writes nothing. What the standard has no word for stands beside its fields under names of our own, which the profile documents.
//
// The standard has one text where the directory has two. On top stands one language; "translations" has both, where they differ.
package hsds

// Version is the version of the standard.
const Version = "3.2"

// Translations are the texts of one object, by language (ar, en) and field.
type Translations map[string]map[string]string

// Record is what each object has. A part that stands inside its owner does not repeat whose it is; the keys of owners, such as
// service_id, are filled in tables only.
type Record struct {
	ID           string       `json:"id"`
	Attributes   []Attribute  `json:"attributes,omitempty"`
	Metadata     []Metadata   `json:"metadata,omitempty"`
	Translations Translations `json:"translations,omitempty"` // profile
}
