package gateway

import (
	"net"
	"sync"
	"sync/atomic"

	"readback/internal/account"
	"readback/relay"
	"readback/udh"
)

// When says which messages of an account are tracked.
type When uint8

// The values of track.when, in the order of Policy.
const (
	Requested When = iota // those that ask for a read acknowledgement (SMPP 3.4 §5.2.17)
	All
	Off
)

// Carriage says how a number travels.
type Carriage uint8

// The values of track.carriage, in the order of Policy.
const (
	ByElement Carriage = iota // in the user data header
	ByMarker                  // at the end of the text
	Auto                      // the element if it has room, else the marker if that has
)

// Overflow says what becomes of a message that has no room for its number.
type Overflow uint8

// The values of track.overflow, in the order of Policy.
const (
	SkipNoRoom   Overflow = iota // it goes on as it came
	SplitNoRoom                  // it goes on as parts of a concatenated message, each with the number
	RejectNoRoom                 // ESME_RINVMSGLEN
)

// Policy is what the operator decided for one account: settings of the section track.
type Policy struct {
	When            When     `key:"when" default:"requested" live:"yes" oneof:"requested,all,off" doc:"requested is registered_delivery bit 04"`
	Carriage        Carriage `key:"carriage" default:"udh" live:"yes" oneof:"udh,text,auto" doc:"udh is the element, text the marker, auto the element where it fits and else the marker"`
	Overflow        Overflow `key:"overflow" default:"skip" live:"yes" oneof:"skip,split,reject" doc:"a message without room goes on unnumbered, or in parts that each have the number, or is refused with ESME_RINVMSGLEN"`
	RejectOnFailure bool     `key:"on_failure" default:"pass" live:"yes" oneof:"pass,reject" doc:"while no number can be given, messages go on unnumbered, or are refused with ESME_RSYSERR"`
	SplitMulti      bool     `key:"multi" default:"pass" live:"yes" oneof:"pass,split" doc:"submit_multi goes on unnumbered, or as one submit_sm for each receiver, each with its number"`
	ForwardAckBits  bool     `key:"forward_ack_bits" live:"yes" account:"no" doc:"leave registered_delivery bits 0C set towards the SMSC"`
}

// Policies are what holds for all accounts: one value, swapped whole by Use.
type Policies struct {
	Default  Account            // for whom the operator named nothing
	Accounts map[string]Account // by system_id
}

// Of returns what holds for an account.
func (p *Policies) Of(account string) Account {
	if a, ok := p.Accounts[account]; ok {
		return a
	}
	return p.Default
}

// Form says how a number looks in a message: the same for all accounts, since
// the receivers' apps know no accounts.
type Form struct {
	IEI     byte       // of the element (TS 23.040 §9.2.3.24)
	Marker  udh.Marker // symbols of the marker
	Default udh.Coding // what data_coding 0 stands for on this SMSC
	Packed  bool       // GSM 7-bit text is packed, with fill bits behind a header
	WideRef bool       // the gateway's own parts have a reference of 16 bits, not 8
	Proofs  relay.Proofs
}

// policies holds the Policies now in force.
type policies struct {
	atomic.Pointer[Policies]

	mu      sync.Mutex
	changed chan struct{} // guarded by mu: closed at the next use
}

func (p *policies) of(account string) Account { return p.Load().Of(account) }

// use puts others in force.
func (p *policies) use(all *Policies) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Store(all)
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// next is closed when others are put in force. Who asks for it before looking misses
// nothing.
func (p *policies) next() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed
}

// Account is what the operator set for one system_id.
type Account struct {
	Policy
	Feedback Telling
	account.Limits
	PasswordHash []byte                 // bcrypt, shared mode only
	Allow        func(net.Addr) bool    // who may bind as this account; nil: everybody
	Addresses    []account.AddressRange // whose messages from subscribers go to it, shared mode only
	MayRead      []account.AddressRange // receivers whose read responses it may send; empty: nobody's
}
