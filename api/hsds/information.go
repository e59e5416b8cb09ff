package hsds

import words "tahweel/directory/hsds"

// information is what the standard asks of the address itself, see base in its API document.
type information struct {
	Version     string    `json:"version"`
	Profile     string    `json:"profile"`
	OpenAPIURL  string    `json:"openapi_url"`
	Description string    `json:"description"`
	Publisher   Publisher `json:"publisher"`
}

func (f *face) information(q *request) (any, error) {
	if err := q.wrong(); err != nil {
		return nil, err
	}
	description := "The providers of social services that are listed publicly, what they offer and where. Texts are in Arabic; ?lang=en puts English on top."
	if q.language() == "ar" {
		description = "مقدمو الخدمات الاجتماعية المعلن عنهم، وما يقدمونه وأين. النصوص بالعربية، والمعامل ?lang=en يضع الإنجليزية أولًا."
	}
	return information{
		Version: words.Version, Profile: f.base + "/profile", OpenAPIURL: f.base + "/openapi.json", Description: description, Publisher: f.Publisher,
	}, nil
}
