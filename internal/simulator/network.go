package simulator

import (
	"slices"
	"strings"
	"sync"

	"readback/smpp"
	"readback/udh"
)

// HandsetOptions say how handsets understand their messages. Zero values stand
// for what the gateway uses by default.
type HandsetOptions struct {
	// IEI is the identifier of the element that carries the number; zero stands for 80.
	IEI byte
	// Marker are the symbols of the explicit carriage; nil stands for udh.DefaultMarker.
	Marker *udh.Marker
	// Default is the coding of data_coding 00: GSM 7-bit by default.
	Default udh.Coding
	// Inbox is how many messages a handset keeps; the oldest go first. Zero stands
	// for 1000.
	Inbox int
	// Respond sends the read responses of Open and Delete; without it they fail.
	Respond Respond
	// OnMessage is called for each message that has arrived whole, on the
	// goroutine that delivered it.
	OnMessage func(to string, m Message)
}

const (
	defaultIEI   = 0x80
	defaultInbox = 1000
)

func (o HandsetOptions) withDefaults() HandsetOptions {
	if o.IEI == 0 {
		o.IEI = defaultIEI
	}
	if o.Marker == nil {
		o.Marker = &udh.DefaultMarker
	}
	if o.Inbox == 0 {
		o.Inbox = defaultInbox
	}
	return o
}

// maxHandsets bounds a network; what is sent to further numbers is lost.
const maxHandsets = 100_000

// Network is the set of handsets behind an SMSC. A handset is created when it is first asked
// for, or gets its first message.
type Network struct {
	opt HandsetOptions

	mu       sync.Mutex
	handsets map[string]*Handset // guarded by mu
}

// NewNetwork returns a network without handsets.
func NewNetwork(opt HandsetOptions) *Network {
	return &Network{opt: opt, handsets: make(map[string]*Handset)}
}

// Handset returns the handset with this number; a plus or two zeros before an
// international number make no difference. It is nil when there are too many.
func (n *Network) Handset(msisdn string) *Handset {
	msisdn = Digits(msisdn)
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.handsets[msisdn]
	if h == nil && len(n.handsets) < maxHandsets {
		h = NewHandset(msisdn, n.opt)
		n.handsets[msisdn] = h
	}
	return h
}

// Known returns the handset with this number; nil if it has got no message and Handset was not asked for it.
func (n *Network) Known(msisdn string) *Handset {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.handsets[Digits(msisdn)]
}

// Handsets lists the numbers of the handsets, sorted.
func (n *Network) Handsets() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]string, 0, len(n.handsets))
	for msisdn := range n.handsets {
		out = append(out, msisdn)
	}
	slices.Sort(out)
	return out
}

// Receive passes a message to the handset of its destination_addr. It copies what it keeps.
func (n *Network) Receive(m smpp.Message) {
	if h := n.Handset(string(m.To.Addr)); h != nil {
		h.Receive(m)
	}
}

// IsNumber reports whether addr is a number that a handset can have.
func IsNumber(addr string) bool {
	addr = Digits(addr)
	return addr != "" && len(addr) <= maxAddr && strings.Trim(addr, "0123456789") == ""
}

// Digits returns a number without its international prefix.
func Digits(addr string) string {
	if rest, ok := strings.CutPrefix(addr, "+"); ok {
		return rest
	}
	return strings.TrimPrefix(addr, "00")
}
