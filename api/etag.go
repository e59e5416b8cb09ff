package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"tahweel/internal/fault"
)

// Versioned is embedded in the input of a write that needs the version the caller saw.
type Versioned struct {
	IfMatch string `header:"If-Match" maxLength:"128" example:"\"3\"" doc:"The version you saw, as in \"3\"; the ETag of a read does too. Only the version counts."`

	version int
}

var ifMatch = regexp.MustCompile(`^"([1-9][0-9]{0,8})(-[0-9a-f]{16})?"$`)

// precondition reads If-Match: 428 if it is missing, 400 if it names no version. A list, "*" and weak tags name none: a caller that
// does not say what it saw may overwrite what it did not see.
func (v *Versioned) precondition() error {
	if v.IfMatch == "" {
		return errNoIfMatch
	}
	m := ifMatch.FindStringSubmatch(v.IfMatch)
	if m == nil {
		return errBadIfMatch
	}
	version, err := strconv.Atoi(m[1])
	if err != nil {
		return errBadIfMatch
	}
	v.version = version
	return nil
}

// Conditional is embedded in the input of a read that may answer 304.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1024" example:"\"3-0f343b0931126a20\"" doc:"ETags you have; 304 if one of them is current for you."`
}

// entity is the answer of a read with an ETag.
type entity[T any] struct {
	Status   int    `hidden:"true"`
	ETag     string `header:"ETag" example:"\"3-0f343b0931126a20\"" doc:"The version and a hash of this representation."`
	Control  string `header:"Cache-Control" hidden:"true"`
	Location string `header:"Location" hidden:"true"`
	Replayed string `header:"Idempotency-Replayed" hidden:"true"`
	Body     T
}

// newEntity is a representation of something at a version, or 304 if the caller has it.
func newEntity[T any](version int, body T, c Conditional) (*entity[T], error) {
	tag, err := etag(version, body)
	if err != nil {
		return nil, err
	}
	e := &entity[T]{Status: http.StatusOK, ETag: tag, Body: body}
	if matches(c.IfNoneMatch, tag) {
		e.Status = http.StatusNotModified
	}
	return e, nil
}

// written is the answer of a write: what it made or moved, as the caller may see it now. A replay has the status of the first
// answer and says that it is one.
func written[T any](status, version int, body T, replay bool) (*entity[T], error) {
	e, err := newEntity(version, body, Conditional{})
	if err != nil {
		return nil, err
	}
	e.Status = status
	if replay {
		e.Replayed = "true"
	}
	return e, nil
}

// located says where what was made can be read.
func located[T any](e *entity[T], at string) *entity[T] {
	if e != nil {
		e.Location = at
	}
	return e
}

// etag is "<version>-<hash of the body>": projections differ between actors, so the version alone would not do for a cache.
// What has no version is given 0.
func etag(version int, body any) (string, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return `"` + strconv.Itoa(version) + "-" + hex.EncodeToString(sum[:8]) + `"`, nil
}

// matches compares weakly, as If-None-Match asks for (RFC 9110, section 13.1.2).
func matches(ifNoneMatch, tag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}

var (
	errNoIfMatch = fault.New(fault.Required, "if_match_required", `Send the version you saw, as in If-Match: "3".`,
		`أرسل النسخة التي اطلعت عليها في الترويسة If-Match، مثل "3".`)
	errBadIfMatch = fault.New(fault.Invalid, "malformed_if_match", `If-Match must be one version such as "3", or the ETag of a read.`,
		`يجب أن تحمل الترويسة If-Match نسخة واحدة مثل "3" أو قيمة ETag.`)
)
