package hsds

import (
	"embed"
	"encoding/json"
	"io/fs"
	"strings"

	words "tahweel/directory/hsds"
)

// Each file is a JSON merge patch (RFC 7396) over the schema of the standard with the same name. They only add: what is valid here is
// valid there.
//
//go:embed profile/*.json
var patches embed.FS

// profile answers what is added to the standard, all of it.
func (f *face) profile(*request) (any, error) {
	all := object{}
	err := fs.WalkDir(patches, "profile", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := patches.ReadFile(path)
		if err != nil {
			return err
		}
		all[entry.Name()] = json.RawMessage(text)
		return nil
	})
	return object{
		"title": "Tahweel profile of HSDS", "version": words.Version,
		"description": "What stands in records beyond the standard. Each patch is a JSON merge patch (RFC 7396) over the schema of that name; none takes anything away.",
		"patches":     all,
	}, err
}

// patch answers one of them.
func (f *face) patch(q *request) (any, error) {
	name := q.r.PathValue("name")
	text, err := patches.ReadFile("profile/" + name)
	if err != nil || strings.Contains(name, "/") {
		return nil, errNotFound
	}
	return json.RawMessage(text), nil
}
