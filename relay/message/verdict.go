package message

import (
	"math"
	"time"
)

// Verdict is what was decided on a request: on a read response, or on a change that a
// receiver asks for. The zero value decides nothing: so far nothing speaks against the request.
type Verdict struct {
	Kind       VerdictKind
	Reason     string // why the request was refused
	Field      string // the field that is at fault
	RetryAfter int    // seconds after which the caller may send the request again; 0: not said
}

// VerdictKind is what a Verdict says. Each way in has its own table of what it answers.
type VerdictKind uint8

// The kinds of verdicts.
const (
	VerdictNone            VerdictKind = iota // not decided
	VerdictAccepted                           // durable
	VerdictMalformed                          // a field is missing or wrong
	VerdictUnauthenticated                    // the caller has shown no valid credential
	VerdictForbidden                          // the caller may not say this
	VerdictNotFound                           // there is no such message
	VerdictAmbiguous                          // several messages fit
	VerdictTooOld                             // the message is no longer kept
	VerdictTooLarge                           // the request is too long
	VerdictTooMany                            // the limit of a caller or a receiver is reached
	VerdictFailed                             // a fault of this process
	VerdictUnavailable                        // the ledger is down; send it again
)

// IsDecided reports whether v is a verdict and not the zero value.
func (v Verdict) IsDecided() bool { return v.Kind != VerdictNone }

// IsAccepted reports whether the request is accepted, which is durable.
func (v Verdict) IsAccepted() bool { return v.Kind == VerdictAccepted }

// IsRefused reports whether v is a verdict other than acceptance.
func (v Verdict) IsRefused() bool { return v.IsDecided() && !v.IsAccepted() }

// Accept is the verdict on a request that is durable.
func Accept() Verdict { return Verdict{Kind: VerdictAccepted} }

// Malformed is the verdict on a request with a field that is at fault.
func Malformed(field, reason string) Verdict {
	return Verdict{Kind: VerdictMalformed, Field: field, Reason: reason}
}

// TryAgain is the verdict on a request that may be accepted when it is sent again.
func TryAgain(reason string) Verdict {
	const seconds = 2
	return Verdict{Kind: VerdictUnavailable, Reason: reason, RetryAfter: seconds}
}

// LedgerDown is the verdict on whatever needs the ledger while it is down.
func LedgerDown() Verdict { return TryAgain("ledger is down, send it again") }

// NoSuchMessage is the verdict on a read response to a message that is not known.
func NoSuchMessage() Verdict { return Verdict{Kind: VerdictNotFound, Reason: "no such message"} }

// Unauthenticated is the verdict on a request of a caller that is not accepted. err is the reason.
func Unauthenticated(err error) Verdict {
	return Verdict{Kind: VerdictUnauthenticated, Reason: err.Error()}
}

// RateLimited is the verdict on a request that may be sent again after wait. If wait is 0, there is
// no verdict.
func RateLimited(wait time.Duration) Verdict {
	if wait == 0 {
		return Verdict{}
	}
	return Verdict{Kind: VerdictTooMany, Reason: "too many of them", RetryAfter: int(math.Ceil(wait.Seconds()))}
}
