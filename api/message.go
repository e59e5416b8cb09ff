package api

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"tahweel/internal/fault"
)

// codeMessages replaces huma's English validation messages by codes, which faultOf says in the language of the request. A code that
// ends in "|" takes the limits of the schema with it; what was sent is never among them.
func codeMessages() {
	huma.ErrorFormatter = func(code string, args ...any) string {
		if !strings.HasSuffix(code, "|") {
			return code
		}
		parts := make([]string, len(args))
		for i, a := range args {
			parts[i] = fmt.Sprint(a)
			if f, ok := a.(float64); ok {
				parts[i] = strconv.FormatFloat(f, 'f', -1, 64)
			}
		}
		return code + strings.Join(parts, "|")
	}
	for message, code := range map[*string]string{
		&validation.MsgUnexpectedProperty:                 "unexpected",
		&validation.MsgExpectedRFC3339DateTime:            "date_time",
		&validation.MsgExpectedRFC1123DateTime:            "date_time",
		&validation.MsgExpectedRFC3339Date:                "date",
		&validation.MsgExpectedRFC3339Time:                "time",
		&validation.MsgExpectedRFC5322Email:               "email",
		&validation.MsgExpectedRFC5890Hostname:            "form",
		&validation.MsgExpectedRFC2673IPv4:                "form",
		&validation.MsgExpectedRFC2373IPv6:                "form",
		&validation.MsgExpectedRFCIPAddr:                  "form",
		&validation.MsgExpectedRFC3986URI:                 "form",
		&validation.MsgExpectedRFC4122UUID:                "uuid",
		&validation.MsgExpectedRFC6570URITemplate:         "form",
		&validation.MsgExpectedRFC6901JSONPointer:         "form",
		&validation.MsgExpectedRFC6901RelativeJSONPointer: "form",
		&validation.MsgExpectedRegexp:                     "form",
		&validation.MsgExpectedMatchAtLeastOneSchema:      "form",
		&validation.MsgExpectedMatchExactlyOneSchema:      "form",
		&validation.MsgExpectedNotMatchSchema:             "form",
		&validation.MsgExpectedPropertyNameInObject:       "form",
		&validation.MsgExpectedBoolean:                    "boolean",
		&validation.MsgExpectedDuration:                   "form",
		&validation.MsgExpectedNumber:                     "number",
		&validation.MsgExpectedInteger:                    "integer",
		&validation.MsgExpectedString:                     "string",
		&validation.MsgExpectedBase64String:               "form",
		&validation.MsgExpectedArray:                      "array",
		&validation.MsgExpectedObject:                     "object",
		&validation.MsgExpectedArrayItemsUnique:           "unique",
		&validation.MsgExpectedOneOf:                      "enum|",
		&validation.MsgExpectedConst:                      "enum|",
		&validation.MsgExpectedMinimumNumber:              "minimum|",
		&validation.MsgExpectedExclusiveMinimumNumber:     "above|",
		&validation.MsgExpectedMaximumNumber:              "maximum|",
		&validation.MsgExpectedExclusiveMaximumNumber:     "below|",
		&validation.MsgExpectedNumberBeMultipleOf:         "multiple|",
		&validation.MsgExpectedMinLength:                  "min_length|",
		&validation.MsgExpectedMaxLength:                  "max_length|",
		&validation.MsgExpectedBePattern:                  "pattern|",
		&validation.MsgExpectedMatchPattern:               "pattern|",
		&validation.MsgExpectedMinItems:                   "min_items|",
		&validation.MsgExpectedMaxItems:                   "max_items|",
		&validation.MsgExpectedMinProperties:              "form",
		&validation.MsgExpectedMaxProperties:              "form",
		&validation.MsgExpectedRequiredProperty:           "required|",
		&validation.MsgExpectedDependentRequiredProperty:  "required|",
	} {
		*message = code
	}
}

// sentences are the validation codes in words; %s is the limit of the schema.
var sentences = map[string]fault.Sentence{
	"unexpected": {EN: "is not known here", AR: "حقل غير معروف هنا"},
	"empty":      {EN: "must not be empty; leave it out", AR: "لا يجوز أن يكون فارغًا، احذفه إن لم تحتج إليه"},
	"null":       {EN: "must not be null; leave it out", AR: "لا يجوز أن يكون null، احذفه إن لم تحتج إليه"},
	"required":   {EN: "is required", AR: "مطلوب"},
	"date_time":  {EN: "must be an RFC 3339 date and time such as 2026-05-31T08:00:00Z", AR: "يجب أن يكون تاريخًا ووقتًا مثل 2026-05-31T08:00:00Z"},
	"date":       {EN: "must be a date such as 2014-05-31", AR: "يجب أن يكون تاريخًا مثل 2014-05-31"},
	"time":       {EN: "must be a time such as 08:30:00", AR: "يجب أن يكون وقتًا مثل 08:30:00"},
	"email":      {EN: "must be an e-mail address", AR: "يجب أن يكون بريدًا إلكترونيًا"},
	"uuid":       {EN: "must be a UUID", AR: "يجب أن يكون معرّفًا من نوع UUID"},
	"form":       {EN: "does not have the expected form", AR: "ليس بالصيغة المتوقعة"},
	"boolean":    {EN: "must be true or false", AR: "يجب أن يكون true أو false"},
	"number":     {EN: "must be a number", AR: "يجب أن يكون رقمًا"},
	"integer":    {EN: "must be a whole number", AR: "يجب أن يكون عددًا صحيحًا"},
	"string":     {EN: "must be text", AR: "يجب أن يكون نصًا"},
	"array":      {EN: "must be a list", AR: "يجب أن يكون قائمة"},
	"object":     {EN: "must be an object", AR: "يجب أن يكون كائنًا"},
	"unique":     {EN: "must not repeat an item", AR: "يجب ألا يتكرر فيه عنصر"},
	"enum":       {EN: "must be one of: %s", AR: "يجب أن يكون واحدًا من: %s"},
	"minimum":    {EN: "must be at least %s", AR: "يجب ألا يقل عن %s"},
	"above":      {EN: "must be more than %s", AR: "يجب أن يزيد على %s"},
	"maximum":    {EN: "must be at most %s", AR: "يجب ألا يزيد على %s"},
	"below":      {EN: "must be less than %s", AR: "يجب أن يقل عن %s"},
	"multiple":   {EN: "must be a multiple of %s", AR: "يجب أن يكون من مضاعفات %s"},
	"min_length": {EN: "must have at least %s characters", AR: "يجب ألا يقل عن %s من المحارف"},
	"max_length": {EN: "must have at most %s characters", AR: "يجب ألا يزيد على %s من المحارف"},
	"pattern":    {EN: "must match %s", AR: "يجب أن يطابق %s"},
	"min_items":  {EN: "must have at least %s items", AR: "يجب ألا يقل عن %s من العناصر"},
	"max_items":  {EN: "must have at most %s items", AR: "يجب ألا يزيد على %s من العناصر"},
}

// fixed are the messages that huma has no variable for.
var fixed = map[string]string{
	"required query parameter is missing": "required", "required header parameter is missing": "required",
	"required path parameter is missing": "required",
	"invalid integer":                    "integer", "invalid float": "number", "invalid boolean": "boolean",
}

var errInvalidInput = fault.New(fault.Invalid, "invalid_input", "The request does not fit the contract; errors says where.",
	"الطلب لا يوافق العقد، وقائمة errors تبيّن المواضع.")

// statusFaults are huma's own refusals that are not about a field.
var statusFaults = map[int]error{
	http.StatusRequestTimeout:        errBodyTooSlow,
	http.StatusRequestEntityTooLarge: errBodyTooLarge,
	http.StatusUnsupportedMediaType:  errNotJSON,
}

// faultOf reads one of huma's own errors: its details as fields of a fault, without the value that huma adds to them.
func faultOf(status int, errs []error) error {
	if status >= http.StatusInternalServerError {
		return fmt.Errorf("huma: status %d: %v", status, errs)
	}
	if f, ok := statusFaults[status]; ok {
		return f
	}
	f := errInvalidInput
	for _, err := range errs {
		detail, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		d := detail.ErrorDetail()
		code, rest, _ := strings.Cut(d.Message, "|")
		if c, ok := fixed[code]; ok {
			code = c
		}
		location := d.Location
		if code == "required" && rest != "" {
			name, _, _ := strings.Cut(rest, "|")
			location += "." + name
		}
		sentence := sentenceOf(code, rest)
		f = f.At(pointer(location), sentence.EN, sentence.AR)
	}
	return f
}

func sentenceOf(code, limit string) fault.Sentence {
	s, ok := sentences[code]
	if !ok {
		s = sentences["form"]
	}
	return fault.Sentence{EN: strings.Replace(s.EN, "%s", limit, 1), AR: strings.Replace(s.AR, "%s", limit, 1)}
}

// known is a name the contract could have; anything else in a location came from the caller and is cut off, because a caller may
// have put a person's number where a name belongs.
var known = regexp.MustCompile(`^[A-Za-z][A-Za-z_-]{0,63}$`)

// pointer turns huma's location ("body.person.names[0]", "query.limit") into the pointer of a Problem.
func pointer(location string) string {
	place, rest, _ := strings.Cut(strings.NewReplacer("[", ".", "]", "").Replace(location), ".")
	switch {
	case place == "body":
		return jsonPointer(rest)
	case !known.MatchString(rest):
		return ""
	case place == "query":
		return "?" + rest
	case place == "path":
		return "{" + rest + "}"
	default:
		return rest + ":"
	}
}

func jsonPointer(dotted string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(dotted, ".") {
		if index, err := strconv.Atoi(part); !known.MatchString(part) && (err != nil || index >= 1000) {
			break
		}
		b.WriteString("/" + part)
	}
	return b.String()
}
