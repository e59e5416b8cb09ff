package ogc

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// answer is a whole document. Everybody may keep it, but asks again each time whether it still holds: what is suspended is gone from the
// next answer, and what has not changed costs a 304.
type answer struct {
	contentType string
	body        []byte
	links       string // Link header; empty for none
	made        string // the moment in the body at which it was made, which does not make it another one; empty for none
}

const (
	jsonType    = "application/json"
	geoJSONType = "application/geo+json"
	openAPIType = "application/vnd.oai.openapi+json;version=3.0"
	tileType    = "application/vnd.mapbox-vector-tile"
)

// document is an answer in JSON.
func document(contentType string, v any) (answer, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return answer{}, fmt.Errorf("ogc: %w", err)
	}
	return answer{contentType: contentType, body: b.Bytes()}, nil
}

// worthPacking is the size from which compressing an answer saves a packet.
const worthPacking = 1 << 10

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	packed := len(a.body) >= worthPacking && acceptsGzip(r.Header.Get("Accept-Encoding"))
	tag := a.tag(packed)
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", "public, no-cache")
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", a.contentType)
	if a.links != "" {
		header.Set("Link", a.links)
	}
	body := a.body
	if packed {
		header.Set("Content-Encoding", "gzip")
		body = pack(body)
	}
	header.Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
}

// tag is the ETag of the answer: that of a document that says when it was made is a weak one.
func (a answer) tag(packed bool) string {
	body, weak := a.body, ""
	if a.made != "" {
		body, weak = bytes.Replace(body, []byte(a.made), nil, 1), "W/"
	}
	sum := sha256.Sum256(append([]byte(a.links), body...))
	tag := hex.EncodeToString(sum[:8])
	if packed {
		tag += "-gzip"
	}
	return weak + `"` + tag + `"`
}

// pack compresses; writing to a buffer does not fail.
func pack(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

// acceptsGzip reports whether Accept-Encoding names gzip, or anything, without forbidding it by q=0 (RFC 9110, section 12.5.3).
func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if coding = strings.ToLower(coding); coding == "gzip" || coding == "*" {
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// matches compares weakly, as If-None-Match asks for (RFC 9110, section 13.1.2).
func matches(ifNoneMatch, tag string) bool {
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || strings.TrimPrefix(candidate, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
