package api

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tahweel/internal/fault"
)

// harden sets what huma keeps in package variables. It runs once, before the first operation is registered.
var harden = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	codeMessages()
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		x := exchangeOf(ctx.Context())
		p := problemOf(x, faultOf(status, append(slices.Clone(x.passed), errs...)))
		for name, values := range p.header {
			ctx.SetHeader(name, values[0])
		}
		return p
	}
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		return problemOf(&exchange{lang: "en"}, faultOf(status, errs))
	}
})

// newHuma makes an empty contract. Nothing that huma would serve by itself is on: no documentation from elsewhere, no $schema
// link made of the Host header.
func newHuma(mux *router, version string) huma.API {
	harden()
	format := huma.Format{Marshal: marshal, Unmarshal: json.Unmarshal}
	return humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Tahweel partner API", Version: version, Description: about,
				Contact: &huma.Contact{Name: "Tahweel", URL: "https://example.org/tahweel", Email: "tahweel@example.org"},
				License: &huma.License{Name: "Apache-2.0", URL: "https://www.apache.org/licenses/LICENSE-2.0"},
			},
			Servers: []*huma.Server{{URL: "/", Description: "The server this document came from."}},
			Components: &huma.Components{
				Schemas:   huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				Responses: map[string]*huma.Response{},
				SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {
					Type: "http", Scheme: "bearer", BearerFormat: "JWT",
					Description: "An access token (RFC 9068). Each operation names the scope that the token must carry.",
				}, "oauth2": {
					Type: "oauth2", Description: "The same token, by its way: client credentials with private_key_jwt (RFC 7523).",
					Flows: &huma.OAuthFlows{ClientCredentials: &huma.OAuthFlow{TokenURL: tokenPath, Scopes: scopeTexts}},
				}},
			},
			Tags: tags,
		},
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
		// Unknown and empty query parameters are refused by begin and answer: huma would say nothing of the other faults of the request.
		RejectUnknownQueryParameters: false,
	})
}

func marshal(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// scopeTexts say what each scope is for. A scope never replaces the row rule.
var scopeTexts = map[string]string{
	"accounts.manage":      "People, roles, clients and their keys.",
	"accreditation.manage": "Surveys, the examination of applications and the decisions on them, accreditations.",
	"directory.read":       "Places, needs, providers, roles.",
	"directory.write":      "Organizations, services, locations.",
	"events.read":          "What happened.",
	"mou.manage":           "Memoranda and other instruments.",
	"referrals.read":       "Referrals and attempts.",
	"referrals.write":      "Opening and moving referrals and attempts.",
	"reports.read":         "Indicators and coverage.",
	"webhooks.manage":      "Addresses to which events are sent.",
}

const about = `The contract between the national referral network and its partners.

Send an access token in Authorization; /oauth/token gives one to a registered client. Every POST that creates or moves something takes an Idempotency-Key of your making: repeat a
request with the same key as often as you like, its effect happens once. Every move also takes If-Match with the version that you
saw, as in If-Match: "3"; events carry the version, so that no read is needed first. Who comes second gets 412 and looks again.

A change is a PUT of all that may be changed: what is left out is empty afterwards. It takes If-Match as a move does. A status has
an address of its own, and nothing is ever deleted: things end.

A refusal is an RFC 9457 problem: programs read code, people read detail, in Arabic or English by Accept-Language. What you may not
see is absent from an answer, never null. New values of an enum and new properties of an answer may appear at any time.

Lists give items and, while there is more, next_cursor and a Link with rel="next". Times are RFC 3339 in UTC, coordinates WGS 84.
Every answer carries X-Request-Id (yours, if you send one) and API-Version.`

var tags = []*huma.Tag{
	{Name: "places", Description: "Towns, villages and camps by which a family's whereabouts are named."},
	{Name: "needs", Description: "The taxonomy of needs that a referral is about."},
	{Name: "providers", Description: "The search for a provider that may really serve a family."},
	{Name: "coverage", Description: "How far it is to the nearest provider, place by place, and where there is none."},
	{Name: "organizations", Description: "Who offers services."},
	{Name: "duplicates", Description: "Entries of the register that may be one thing, and merging them."},
	{Name: "search-synonyms", Description: "Words that stand for one another in the search."},
	{Name: "branches", Description: "Local offices of an organization."},
	{Name: "services", Description: "What an organization offers."},
	{Name: "locations", Description: "Where services are given."},
	{Name: "service-at-locations", Description: "A service at a location: what a household is referred to, and whether it takes people."},
	{Name: "change-requests", Description: "Changes of what is vouched for, by the organization itself, that wait for an officer."},
	{Name: "verification-tasks", Description: "Offers that were declined again and again as not offered, for an officer to look at."},
	{Name: "accreditations", Description: "The ministry's leave to serve, and its moves."},
	{Name: "questionnaires", Description: "What organizations are asked, version by version."},
	{Name: "survey-campaigns", Description: "Surveys of the providers in some directorates."},
	{Name: "survey-entries", Description: "What surveys found, and what became of it."},
	{Name: "applications", Description: "An organization's application for accreditation: papers, documents, examination, decision."},
	{Name: "accreditation-appeals", Description: "Objections to a rejection, a suspension or a revocation."},
	{Name: "files", Description: "The catalogue as a file, in and out."},
	{Name: "instruments", Description: "Memoranda and what stands in their place: terms, papers and moves."},
	{Name: "policy", Description: "Whether and why something may be done, in words."},
	{Name: "directorates", Description: "Offices of the ministry and the places they hold."},
	{Name: "calendar-days", Description: "National holidays and days of shorter hours."},
	{Name: "closures", Description: "Days on which a directorate or a provider does not work."},
	{Name: "reach-zones", Description: "Parts of the country between which passage is not free."},
	{Name: "reach-links", Description: "Whether a client in one zone gets to a provider in another."},
	{Name: "rollouts", Description: "Where and for what the network is in use."},
	{Name: "referrals", Description: "One need of one person or household."},
	{Name: "attempts", Description: "One try with one provider's service, and its moves from draft to outcome."},
	{Name: "consents", Description: "What a family agreed to hand to whom, and for how long."},
	{Name: "code-lists", Description: "The codes that moves carry, with labels in both languages."},
	{Name: "events", Description: "What happened, in order, for partners that poll."},
	{Name: "accounts", Description: "Who can ask, and what each may be."},
	{Name: "clients", Description: "Software that gets tokens with a key of its own."},
	{Name: "oauth", Description: "How a client gets a token."},
	{Name: "service", Description: "Whether this server is alive and ready."},
}

// problemRow describes one status in the contract, with a problem a caller may meet there.
type problemRow struct {
	name, description string
	example           *Problem
}

func sample(err error) *Problem {
	return problemOf(&exchange{id: "0d1f5c3e-8a53-4f5e-9d49-6c1de6d4a4c5", lang: "en"}, err)
}

// problemRows is every status that a refusal can have; an operation refers to those it needs.
var problemRows = map[int]problemRow{
	400: {"Invalid", "The request is not well-formed, or something in it is unknown or out of range.", sample(errInvalidInput.At("?limit", "must be at most 100", ""))},
	401: {"Unauthenticated", "No token, or one that is not valid any more.", sample(errNoToken)},
	403: {"Forbidden", "The token or the role does not allow it.", sample(errScope)},
	404: {"NotFound", "It does not exist, or must not be known of.", sample(fault.New(fault.NotFound, "not_found", "There is no such attempt.", ""))},
	408: {"BodyTooSlow", "The body did not arrive in time.", sample(errBodyTooSlow)},
	409: {"Impossible", "The state does not allow it, it is already done, or a quota is used up.", sample(fault.New(fault.Impossible, "invalid_transition", "accept is not possible while the attempt is declined.", ""))},
	412: {"Conflict", "Somebody moved it since the version in If-Match.", sample(fault.New(fault.Conflict, "version_conflict", "Somebody moved it since the version you saw. Read it again.", ""))},
	413: {"BodyTooLarge", "The body is larger than 1 MiB, or the file than 20 MiB.", sample(errBodyTooLarge)},
	415: {"UnsupportedMediaType", "The body is not application/json, or the file not application/octet-stream.", sample(errNotJSON)},
	422: {"Refused", "A rule of the domain says no, or the Idempotency-Key was used with another request.", sample(fault.New(fault.Refused, "need_not_covered", "The memorandum does not cover this need.", ""))},
	428: {"PreconditionRequired", "If-Match is missing.", sample(errNoIfMatch)},
	500: {"InternalError", "An accident; nothing was changed.", sample(errInternal)},
	503: {"Unavailable", "Not available just now; try again after Retry-After seconds.", sample(errNotReady)},
}

// refer adds the problem of the status to the components, once, and returns a reference to it.
func (s *shell) refer(status int) *huma.Response {
	row, doc := problemRows[status], s.huma.OpenAPI()
	if doc.Components.Responses[row.name] == nil {
		r := &huma.Response{
			Description: row.description,
			Headers:     map[string]*huma.Header{"Content-Language": {Description: "The language of title and detail.", Schema: &huma.Schema{Type: "string", Enum: []any{"ar", "en"}}}},
			Content:     map[string]*huma.MediaType{problemType: {Schema: problemSchema(doc), Example: row.example}},
		}
		if status == http.StatusUnauthorized {
			r.Headers["WWW-Authenticate"] = &huma.Header{Description: "How to authenticate (RFC 6750).", Schema: &huma.Schema{Type: "string"}}
		}
		if status == http.StatusServiceUnavailable {
			r.Headers["Retry-After"] = &huma.Header{Description: "Seconds to wait.", Schema: &huma.Schema{Type: "integer"}}
		}
		doc.Components.Responses[row.name] = r
	}
	return &huma.Response{Ref: "#/components/responses/" + row.name}
}
