package referrals

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tahweel/internal/fault"
	"tahweel/policy"
)

// Status is where an attempt is in its life (referrals.md, "Attempt states").
type Status string

// The statuses of an attempt; the first eight are open, the others terminal.
const (
	StatusDraft          Status = "draft"
	StatusSent           Status = "sent"
	StatusAcknowledged   Status = "acknowledged"
	StatusInfoRequested  Status = "info_requested"
	StatusWaitlisted     Status = "waitlisted"
	StatusAccepted       Status = "accepted"
	StatusInService      Status = "in_service"
	StatusOnHold         Status = "on_hold"
	StatusDeclined       Status = "declined"
	StatusExpired        Status = "expired"
	StatusCancelled      Status = "cancelled"
	StatusCompleted      Status = "completed"
	StatusNotCompleted   Status = "not_completed"
	StatusEnteredInError Status = "entered_in_error"
)

// Transition is a move in an attempt's life. In paths of the API its name is written in kebab-case.
type Transition string

// The transitions of an attempt that change its status.
const (
	Send              Transition = "send"
	Discard           Transition = "discard"
	Acknowledge       Transition = "acknowledge"
	RequestInfo       Transition = "request_info"
	ProvideInfo       Transition = "provide_info"
	Accept            Transition = "accept"
	Waitlist          Transition = "waitlist"
	Decline           Transition = "decline"
	LeaveWaitlist     Transition = "leave_waitlist"
	Expire            Transition = "expire"
	Lapse             Transition = "lapse"
	Recall            Transition = "recall"
	StartService      Transition = "start_service"
	Hold              Transition = "hold"
	Resume            Transition = "resume"
	Complete          Transition = "complete"
	CloseUnmet        Transition = "close_unmet"
	ConfirmCancel     Transition = "confirm_cancel"
	CancelTimeout     Transition = "cancel_timeout"
	SafetyRecall      Transition = "safety_recall"
	ConsentWithdrawn  Transition = "consent_withdrawn"
	ProviderSuspended Transition = "provider_suspended"
	MarkError         Transition = "mark_error"
	WindDownEnded     Transition = "wind_down_ended"
	ProviderBarred    Transition = "provider_barred"
)

// The transitions of an attempt that leave its status as it is.
const (
	RequestCancel  Transition = "request_cancel"
	RejectCancel   Transition = "reject_cancel"
	RenewWaitlist  Transition = "renew_waitlist"
	ReportProgress Transition = "report_progress"
)

// steady says in which statuses the transitions that change none are possible. The database has no row for them: it refuses what
// they write where it belongs to another status.
var steady = map[Transition][]Status{
	RequestCancel:  {StatusInService, StatusOnHold},
	RejectCancel:   {StatusInService, StatusOnHold},
	RenewWaitlist:  {StatusWaitlisted},
	ReportProgress: {StatusInService, StatusOnHold},
}

// Those who make a transition that changes the status; the others are the system's, or a supervisor's.
var (
	sendersMoves   = []Transition{Send, ProvideInfo, Recall}
	providersMoves = []Transition{
		Acknowledge, RequestInfo, Accept, Waitlist, Decline, LeaveWaitlist, StartService, Hold, Resume, Complete, CloseUnmet, ConfirmCancel,
	}
)

// callable are the transitions that a person or a client can ask for, in the order of an attempt's life.
var callable = []Transition{
	Send, Discard, Acknowledge, RequestInfo, ProvideInfo, Accept, Waitlist, RenewWaitlist, LeaveWaitlist, Decline, Recall, StartService,
	ReportProgress, Hold, Resume, Complete, CloseUnmet, RequestCancel, ConfirmCancel, RejectCancel, SafetyRecall, MarkError,
}

// transitions is the whole state map. The table attempt_transition holds the same and the database refuses what is not in it; a
// test compares the two. Where a transition has two ends (resume), the state it was held from decides.
//
//	draft ─send→ sent ─acknowledge→ acknowledged ─request_info⇄provide_info─ info_requested
//	               └────────┬───────────┴──────────────┬──────────────────────┘
//	                     accept                   waitlist, decline, recall, expire
//	                        ↓
//	                    accepted ─start_service→ in_service ─complete→ completed
//	                        └───────hold ⇄ resume──┘ (on_hold)
var transitions = map[Status]map[Transition][]Status{
	StatusDraft: {
		Send:    {StatusSent},
		Discard: {StatusEnteredInError},
	},
	StatusSent: {
		Acknowledge:       {StatusAcknowledged},
		RequestInfo:       {StatusInfoRequested},
		Accept:            {StatusAccepted},
		Waitlist:          {StatusWaitlisted},
		Decline:           {StatusDeclined},
		Expire:            {StatusExpired},
		Recall:            {StatusCancelled},
		SafetyRecall:      {StatusCancelled},
		ConsentWithdrawn:  {StatusCancelled},
		ProviderSuspended: {StatusCancelled},
		MarkError:         {StatusEnteredInError},
	},
	StatusAcknowledged: {
		RequestInfo:       {StatusInfoRequested},
		Accept:            {StatusAccepted},
		Waitlist:          {StatusWaitlisted},
		Decline:           {StatusDeclined},
		Expire:            {StatusExpired},
		Recall:            {StatusCancelled},
		SafetyRecall:      {StatusCancelled},
		ConsentWithdrawn:  {StatusCancelled},
		ProviderSuspended: {StatusCancelled},
		MarkError:         {StatusEnteredInError},
	},
	StatusInfoRequested: {
		ProvideInfo:       {StatusAcknowledged},
		Accept:            {StatusAccepted},
		Waitlist:          {StatusWaitlisted},
		Decline:           {StatusDeclined},
		Lapse:             {StatusCancelled},
		Recall:            {StatusCancelled},
		SafetyRecall:      {StatusCancelled},
		ConsentWithdrawn:  {StatusCancelled},
		ProviderSuspended: {StatusCancelled},
		MarkError:         {StatusEnteredInError},
	},
	StatusWaitlisted: {
		Accept:            {StatusAccepted},
		LeaveWaitlist:     {StatusNotCompleted},
		Lapse:             {StatusCancelled},
		Recall:            {StatusCancelled},
		SafetyRecall:      {StatusCancelled},
		ConsentWithdrawn:  {StatusCancelled},
		ProviderSuspended: {StatusCancelled},
		MarkError:         {StatusEnteredInError},
	},
	StatusAccepted: {
		Recall:           {StatusCancelled},
		StartService:     {StatusInService},
		Hold:             {StatusOnHold},
		Complete:         {StatusCompleted},
		CloseUnmet:       {StatusNotCompleted},
		SafetyRecall:     {StatusCancelled},
		ConsentWithdrawn: {StatusCancelled},
		MarkError:        {StatusEnteredInError},
		WindDownEnded:    {StatusCancelled},
		ProviderBarred:   {StatusCancelled},
	},
	StatusInService: {
		Hold:             {StatusOnHold},
		Complete:         {StatusCompleted},
		CloseUnmet:       {StatusNotCompleted},
		ConfirmCancel:    {StatusCancelled},
		CancelTimeout:    {StatusCancelled},
		SafetyRecall:     {StatusCancelled},
		ConsentWithdrawn: {StatusCancelled},
		MarkError:        {StatusEnteredInError},
		WindDownEnded:    {StatusCancelled},
		ProviderBarred:   {StatusCancelled},
	},
	StatusOnHold: {
		Resume:           {StatusInService, StatusAccepted},
		Complete:         {StatusCompleted},
		CloseUnmet:       {StatusNotCompleted},
		ConfirmCancel:    {StatusCancelled},
		CancelTimeout:    {StatusCancelled},
		SafetyRecall:     {StatusCancelled},
		ConsentWithdrawn: {StatusCancelled},
		MarkError:        {StatusEnteredInError},
		WindDownEnded:    {StatusCancelled},
		ProviderBarred:   {StatusCancelled},
	},
	StatusDeclined: {
		MarkError: {StatusEnteredInError},
	},
	StatusExpired: {
		MarkError: {StatusEnteredInError},
	},
	StatusCancelled: {
		MarkError: {StatusEnteredInError},
	},
	StatusCompleted: {
		MarkError: {StatusEnteredInError},
	},
	StatusNotCompleted: {
		MarkError: {StatusEnteredInError},
	},
}

// Next returns the status to which the transition leads, or a fault.Impossible fault (invalid_transition) if the map has no such
// pair. For resume, heldFrom chooses the end; a transition that changes no status leads where it starts.
func (s Status) Next(t Transition, heldFrom Status) (Status, error) {
	ends := transitions[s][t]
	switch {
	case slices.Contains(steady[t], s):
		return s, nil
	case len(ends) == 1:
		return ends[0], nil
	case slices.Contains(ends, heldFrom):
		return heldFrom, nil
	}
	return "", fault.New(fault.Impossible, "invalid_transition",
		fmt.Sprintf("%s is not possible while the attempt is %s.", t, s),
		fmt.Sprintf("«%s» غير ممكن والمحاولة في الحالة «%s».", t.arabic(), s.arabic()))
}

// Terminal reports whether nothing but an error mark can follow.
func (s Status) Terminal() bool {
	switch s {
	case StatusDeclined, StatusExpired, StatusCancelled, StatusCompleted, StatusNotCompleted, StatusEnteredInError:
		return true
	default:
		return false
	}
}

// Kebab is the transition's name in a path.
func (t Transition) Kebab() string { return strings.ReplaceAll(string(t), "_", "-") }

// stage is how far the attempt has come for disclosure. One that closed without ever being accepted has ended, and so has every one
// whose provider is barred at once, whether or not the system has closed it yet.
func (a attempt) stage(now time.Time) policy.Stage {
	if a.Barred != nil && *a.Barred {
		return policy.Ended
	}
	switch a.Status {
	case StatusDraft:
		return policy.Unsent
	case StatusSent, StatusAcknowledged, StatusInfoRequested, StatusWaitlisted:
		return policy.Pending
	case StatusAccepted, StatusInService, StatusOnHold:
		return policy.Active
	case StatusCompleted, StatusNotCompleted:
		if a.AcceptedAt == nil {
			return policy.Ended
		}
		if a.ClosedAt != nil && now.Sub(*a.ClosedAt) < policy.AfterClosing {
			return policy.Active
		}
		return policy.Afterwards
	default:
		return policy.Ended
	}
}
