package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"tahweel/internal/fault"
)

// Paged is embedded in the input of a list.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"2048" doc:"next_cursor of the page before, with the same filters."`
}

// page is the answer of a list. T is the type of the body, which has Items and NextCursor.
type page[T any] struct {
	Status  int    `hidden:"true"`
	Link    string `header:"Link" doc:"The next page, rel=\"next\", while there is one."`
	ETag    string `header:"ETag" hidden:"true"`
	Control string `header:"Cache-Control" hidden:"true"`
	Body    T
}

// cursor is a position in one list. It is bound to the list's filters by a hash and carries no right: whoever makes one up moves
// about in what they may see anyway.
type cursor struct {
	Filters  []byte          `json:"f"`
	Position json.RawMessage `json:"p"`
}

// sealCursor writes the position of the last item of a page, for the filters of the list.
func sealCursor(position, filters any) (string, error) {
	p, err := json.Marshal(position)
	if err != nil {
		return "", err
	}
	hash, err := filterHash(filters)
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(cursor{Filters: hash, Position: p})
	return base64.RawURLEncoding.EncodeToString(c), err
}

// openCursor reads the position out of a cursor into position and reports whether there was one. A cursor that was not made for
// these filters is refused with fault.Invalid.
func openCursor(text string, position, filters any) (bool, error) {
	if text == "" {
		return false, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return false, errBadCursor
	}
	var c cursor
	if err := strictly(raw, &c); err != nil {
		return false, errBadCursor
	}
	hash, err := filterHash(filters)
	if err != nil {
		return false, err
	}
	if !bytes.Equal(hash, c.Filters) || strictly(c.Position, position) != nil {
		return false, errBadCursor
	}
	return true, nil
}

func strictly(b []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}

func filterHash(filters any) ([]byte, error) {
	b, err := json.Marshal(filters)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return sum[:9], nil
}

// nextCursor is the cursor of the page after this one, or empty if next is nil.
func nextCursor[P any](next *P, filters any) (string, error) {
	if next == nil {
		return "", nil
	}
	return sealCursor(*next, filters)
}

// afterID opens the cursor of a list that is ordered by id; uuid.Nil is the first page.
func afterID(text string, filters any) (id uuid.UUID, err error) {
	_, err = openCursor(text, &id, filters)
	return id, err
}

// cut makes a page of limit out of found, which holds one item more if there is a next page; next is then the id of the last item.
func cut[T any](found []T, limit int, id func(T) uuid.UUID) (items []T, next *uuid.UUID) {
	if len(found) <= limit {
		return found, nil
	}
	last := id(found[limit-1])
	return found[:limit], &last
}

// nextLink is the Link header for the page after this one (RFC 8288): this request with some parameters changed, or taken away
// where empty. It is relative: the server does not trust the Host header.
func nextLink(ctx context.Context, changes map[string]string) string {
	x := exchangeOf(ctx)
	query, err := url.ParseQuery(x.query)
	if err != nil {
		return ""
	}
	for name, value := range changes {
		query.Del(name)
		if value != "" {
			query.Set(name, value)
		}
	}
	return "<" + x.path + "?" + query.Encode() + `>; rel="next"`
}

// newPage is the answer of a list; next is the cursor of the page after it, or empty.
func newPage[T any](ctx context.Context, body T, next string) *page[T] {
	p := &page[T]{Status: http.StatusOK, Body: body}
	if next != "" {
		p.Link = nextLink(ctx, map[string]string{"cursor": next})
	}
	return p
}

// publicPage is a page of facts that anybody may know: it may be cached, and 304 says that a copy is still good.
func publicPage[T any](ctx context.Context, body T, next string, c Conditional) (*page[T], error) {
	tag, err := etag(0, body)
	if err != nil {
		return nil, err
	}
	p := newPage(ctx, body, next)
	p.ETag, p.Control = tag, "public, max-age=300"
	if matches(c.IfNoneMatch, tag) {
		p.Status = http.StatusNotModified
	}
	return p, nil
}

var errBadCursor = fault.New(fault.Invalid, "invalid_cursor", "The cursor is not one of this list with these filters; start again without it.",
	"المؤشر لا يخص هذه القائمة بهذه المرشحات، ابدأ من جديد من دونه.").
	At("?cursor", "is not a cursor of this list", "ليس مؤشرًا لهذه القائمة")
