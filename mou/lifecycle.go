package mou

import (
	"fmt"
	"maps"
	"slices"

	"tahweel/internal/fault"
)

// Status is where an instrument is in its life.
type Status string

// The statuses of an instrument.
const (
	Draft      Status = "draft"
	Proposed   Status = "proposed"
	Signed     Status = "signed"
	InForce    Status = "in_force"
	Suspended  Status = "suspended"
	Expired    Status = "expired"
	Terminated Status = "terminated"
)

// Transition is a move in an instrument's life.
type Transition string

// The transitions of an instrument.
const (
	Propose        Transition = "propose"
	Withdraw       Transition = "withdraw"
	Sign           Transition = "sign"
	EnterIntoForce Transition = "enter_into_force"
	Suspend        Transition = "suspend"
	Resume         Transition = "resume"
	Expire         Transition = "expire"
	Terminate      Transition = "terminate"
)

// lifecycle is the whole life of an instrument; the table instrument_transition holds the same and a test compares them.
//
//	draft ⇄ proposed → signed → in_force ⇄ suspended
//	                               └──→ expired, terminated ←──┘
var lifecycle = map[Status]map[Transition]Status{
	Draft:     {Propose: Proposed},
	Proposed:  {Withdraw: Draft, Sign: Signed},
	Signed:    {EnterIntoForce: InForce},
	InForce:   {Suspend: Suspended, Expire: Expired, Terminate: Terminated},
	Suspended: {Resume: InForce, Expire: Expired, Terminate: Terminated},
}

// Transitions returns the moves that exist from the status, in the order of the alphabet.
func (s Status) Transitions() []Transition { return slices.Sorted(maps.Keys(lifecycle[s])) }

// Next returns the status to which the transition leads, or a fault.Impossible fault if it is not one from here.
func (s Status) Next(t Transition) (Status, error) {
	if next, ok := lifecycle[s][t]; ok {
		return next, nil
	}
	return "", fault.New(fault.Impossible, "invalid_transition",
		fmt.Sprintf("The transition %s does not exist from the status %s.", t, s),
		fmt.Sprintf("الانتقال %s غير موجود من الحالة %s.", t, s))
}
