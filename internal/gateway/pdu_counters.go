package gateway

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/prometheus/client_golang/prometheus"

	"readback/internal/metric"
	"readback/relay/message"
	"readback/smpp"
)

// pduCounters counts the PDUs of one side. Looking up labels would cost more than passing a PDU.
type pduCounters struct {
	from side
	vec  *metric.StripedVec

	common [2 * commonIDs]atomic.Pointer[metric.Striped] // of ESME_ROK and the lowest command_ids: requests, then responses

	mu   sync.RWMutex
	rare map[pduKey]prometheus.Counter // guarded by mu: of others
}

func newPDUCounters(from side, vec *metric.StripedVec) *pduCounters {
	return &pduCounters{from: from, vec: vec, rare: make(map[pduKey]prometheus.Counter)}
}

// commonIDs is how many command_ids have a place of their own: most of SMPP 3.4 (§5.1.2.1).
const commonIDs = 0x20

type pduKey struct {
	id     pdu.ID
	status pdu.Status
}

// count counts f, of the link with this id; 0 in the pool.
func (c *pduCounters) count(of message.Session, f smpp.Frame) {
	key := pduKey{f.ID(), f.Status()}
	if at := c.place(key); at != nil {
		counter := at.Load()
		if counter == nil {
			counter = c.striped(at, key)
		}
		counter.Inc(uint64(of))
		return
	}
	c.countRare(key)
}

// place returns where the counter of a common PDU is; nil if it is not common.
func (c *pduCounters) place(key pduKey) *atomic.Pointer[metric.Striped] {
	id := smpp.RequestID(key.id)
	switch {
	case key.status != smpp.StatusOK || id >= commonIDs:
		return nil
	case smpp.IsResponse(key.id):
		return &c.common[commonIDs+id]
	}
	return &c.common[id]
}

func (c *pduCounters) countRare(key pduKey) {
	c.mu.RLock()
	counter, ok := c.rare[key]
	c.mu.RUnlock()
	if ok {
		counter.Inc()
		return
	}
	counter = c.counter(key)
	counter.Inc()
	if smpp.Command(key.id) != "other" && smpp.KnownStatus(key.status) { // else a peer could fill the map
		c.mu.Lock()
		c.rare[key] = counter
		c.mu.Unlock()
	}
}

// striped makes the counter of a common PDU, once.
func (c *pduCounters) striped(at *atomic.Pointer[metric.Striped], key pduKey) *metric.Striped {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Load() == nil {
		at.Store(c.vec.Striped(c.labels(key)...))
	}
	return at.Load()
}

func (c *pduCounters) counter(key pduKey) prometheus.Counter {
	return c.vec.WithLabelValues(c.labels(key)...)
}

func (c *pduCounters) labels(key pduKey) []string {
	return []string{string(c.from), smpp.Command(key.id), statusLabel(key.status)}
}

// statusLabel keeps the label's values to those the standard knows.
func statusLabel(s pdu.Status) string {
	if !smpp.KnownStatus(s) {
		return "other"
	}
	return fmt.Sprintf("0x%02x", uint32(s))
}
