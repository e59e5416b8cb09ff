package pg

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"tahweel/internal/fault"
)

// The faults that are the database's own and not a rule of one table.
var (
	// ErrOutcomeUnknown: the commit was sent and its answer was not received, or not to be trusted.
	ErrOutcomeUnknown = fault.New(fault.Unavailable, "outcome_unknown",
		"It is not known whether this was done. Repeat the request with the same idempotency key.",
		"لا يُعرف هل تم هذا الإجراء. أعد الطلب بمفتاح عدم التكرار نفسه.")
	errTryAgain = fault.New(fault.Unavailable, "try_again",
		"Too many people are changing this at once. Try again in a moment.",
		"يغيّر كثيرون هذا السجل في الوقت نفسه. أعد المحاولة بعد لحظة.")
	errBusy = fault.New(fault.Unavailable, "busy",
		"Somebody else is changing this just now. Try again in a moment.",
		"يغيّر شخص آخر هذا السجل الآن. أعد المحاولة بعد لحظة.")
	errTooLong = fault.New(fault.Unavailable, "took_too_long",
		"This took too long and was stopped. Nothing was changed. Try again.",
		"استغرق هذا الطلب وقتًا أطول من المسموح فأُوقف، ولم يتغير شيء. أعد المحاولة.")
	errDown = fault.New(fault.Unavailable, "database_unavailable",
		"The database cannot be reached just now. Try again in a moment.",
		"تعذر الوصول إلى قاعدة البيانات الآن. أعد المحاولة بعد لحظة.")
	errNotFound = fault.New(fault.NotFound, "not_found",
		"This does not exist, or you may not see it.",
		"هذا السجل غير موجود، أو ليس لك أن تطلع عليه.")
	errNotYours = fault.New(fault.Forbidden, "row_forbidden",
		"You may not do this.",
		"لا يحق لك القيام بهذا الإجراء.")
	errText = fault.New(fault.Invalid, "invalid_text",
		"The text contains a character that cannot be stored.",
		"يحتوي النص على محرف لا يمكن حفظه.")
	errValue = fault.New(fault.Invalid, "invalid_value",
		"A value has the wrong form or is out of range.",
		"إحدى القيم مكتوبة بصيغة خاطئة أو خارج الحدود المسموحة.")
	errExists = fault.New(fault.Impossible, "already_exists",
		"This exists already.",
		"هذا السجل موجود مسبقًا.")
	errReference = fault.New(fault.Refused, "unknown_reference",
		"This refers to something that does not exist.",
		"يشير هذا إلى سجل غير موجود.")
)

// Translate turns an error of the driver into a fault, by SQLSTATE and by the name of the constraint, never by the message. A
// fault stays what it is, nil stays nil, and an error that no caller can have caused, such as a broken CHECK without a sentence
// in constraints.go or a mistake in the SQL, stays an accident. The cause stays in the chain for errors.As; its text is
// shortened to codes and names, because messages of PostgreSQL quote values.
func Translate(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	var pge *pgconn.PgError
	if errors.As(err, &pge) {
		cause := &state{PgError: pge, err: err}
		if f := byState(pge); f != nil {
			return f.Because(cause)
		}
		return cause
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return errNotFound.Because(err)
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return errTooLong.Because(err)
	case lost(err):
		return errDown.Because(err)
	}
	return err
}

// lost reports whether err says that there is no connection.
func lost(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, net.ErrClosed) || errors.Is(err, errBegin) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || pgconn.SafeToRetry(err)
}

// byState finds the fault of an error of the server; nil if it is an accident. The codes are those of appendix A of the
// PostgreSQL manual.
func byState(e *pgconn.PgError) *fault.Error {
	if f, ok := constraints[e.ConstraintName]; ok {
		return f
	}
	switch e.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return errTryAgain
	case "55P03": // lock_not_available
		return errBusy
	case "57014": // query_canceled, by statement_timeout
		return errTooLong
	case "42501": // insufficient_privilege: also a row that a policy does not let in
		return errNotYours
	case "22021", "22P05": // character_not_in_repertoire, untranslatable_character
		return errText
	case "23505", "23P01": // unique_violation, exclusion_violation
		return errExists
	case "23503": // foreign_key_violation
		return errReference
	case "25006", "25P03", "25P04": // read_only_sql_transaction, idle_in_transaction_session_timeout, transaction_timeout
		return errDown
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "22": // data exception
		return errValue
	case "08", "53", "57": // connection exception, insufficient resources, operator intervention
		return errDown
	}
	return nil
}

// state is an error of the server without the values its message may quote.
type state struct {
	*pgconn.PgError
	err error
}

func (s *state) Error() string {
	parts := []string{"SQLSTATE " + s.Code}
	for _, part := range [][2]string{{"table", s.TableName}, {"column", s.ColumnName}, {"constraint", s.ConstraintName}, {"in", s.Routine}} {
		if part[1] != "" {
			parts = append(parts, part[0]+" "+part[1])
		}
	}
	if class := s.Code[:min(2, len(s.Code))]; class != "22" && class != "23" && class != "P0" {
		parts = append(parts, s.Message)
	}
	return strings.Join(parts, ", ")
}

// Unwrap returns the driver's error.
func (s *state) Unwrap() error { return s.err }
