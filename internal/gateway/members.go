package gateway

import (
	"sync"
	"time"

	"readback/internal/crash"
	"readback/relay/message"
	"readback/smpp"
)

// members are the bound links that may receive, by account: by its text, since the configuration has that.
type members struct {
	mu sync.Mutex
	by map[string][]*link
}

func (ms *members) join(l *link) {
	defer crash.OnPanic()
	ms.mu.Lock()
	defer ms.mu.Unlock()
	account := message.Shown(l.bind.account)
	ms.by[account] = append(ms.by[account], l)
}

func (ms *members) leave(l *link) {
	defer crash.OnPanic()
	ms.mu.Lock()
	defer ms.mu.Unlock()
	account := message.Shown(l.bind.account)
	for i, other := range ms.by[account] {
		if other == l {
			ms.by[account] = append(ms.by[account][:i:i], ms.by[account][i+1:]...)
			break
		}
	}
	if len(ms.by[account]) == 0 {
		delete(ms.by, account)
	}
}

// of returns the account's links, a different one first each time.
func (ms *members) of(account string) []*link {
	defer crash.OnPanic()
	account = message.Shown(account)
	ms.mu.Lock()
	defer ms.mu.Unlock()
	links := ms.by[account]
	if len(links) > 1 {
		links = append(links[1:len(links):len(links)], links[0])
		ms.by[account] = links
	}
	return links
}

// send hands m to the first of the account's links that can take it, nil if none
// can. The answer goes back to from.
func (ms *members) send(account string, m smpp.Message, from origin, arrived time.Time) *link {
	for _, l := range ms.of(account) {
		f, ok := m.Frame, !l.draining.Load()
		if ok && l.bind.version < smpp.InterfaceVersion34 {
			f, ok = m.WithoutTLVs()
		}
		if ok && l.esme.TrySend(f, arrived, from) == nil {
			l.esme.Flush()
			return l
		}
	}
	return nil
}

// alert hands an alert_notification to one of the account's links.
func (ms *members) alert(account string, f smpp.Frame) bool {
	for _, l := range ms.of(account) {
		if l.esme.TrySend(f, time.Time{}, origin{}) == nil {
			l.esme.Flush()
			return true
		}
	}
	return false
}
