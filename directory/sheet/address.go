package sheet

import (
	"net/url"
	"regexp"
	"strings"

	"tahweel/directory"
)

// formOf is what the standard asks of the addresses in a column of a table; nil if the column holds none. E-mail addresses and pages are
// held against what an edit is held against; a name of RFC 3986, which the standard lets be of any scheme, has to have one.
func formOf(table, column string) func(string) bool {
	switch {
	case column == "email", column == "assurer_email":
		return directory.IsEmail
	case column == "url", column == "website", column == "logo", column == "schedule_link", table == "organization" && column == "uri":
		return directory.IsWeb
	case column == "term_uri", column == "uri" && table != "service_area":
		return isURI
	}
	return nil
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && (u.Host != "" || u.Opaque != "" || u.Path != "") && !strings.ContainsAny(s, " \t\r\n")
}

// bareWeb is an address on the web as people write it, with a name that has a dot and ends in letters.
var bareWeb = regexp.MustCompile(`^[\p{L}\p{M}0-9-]+(\.[\p{L}\p{M}0-9-]+)*\.\p{L}[\p{L}\p{M}0-9-]+(:[0-9]+)?([/?#]\S*)?$`)

// address keeps an address that is one. What only lacks its scheme gets that of the web; anything else is left out, because an answer of
// the interface with it would not be HSDS.
func (c *cleaner) address(col column, at Place, here, given string) (any, bool) {
	name := here[strings.LastIndex(here, "/")+1:] // as the file calls it
	switch {
	case col.form(given):
		return given, true
	case strings.HasSuffix(col.name, "email"):
		c.note(at, here, "not_an_email", name)
		return nil, false
	case bareWeb.MatchString(given) && directory.IsWeb("https://"+given):
		c.note(at, here, "web_repaired", name)
		return "https://" + given, true
	}
	c.note(at, here, "not_a_web", name)
	return nil, false
}
