package ledger

import (
	"context"
	"slices"
	"sync"
	"time"

	"readback/internal/crash"
	"readback/relay/index"
	"readback/relay/journal"
	"readback/relay/message"
)

// maxAwaitings is how many wait for the account of an id, of all ids.
const maxAwaitings = 10_000

// routes says which account a message_id belongs to, as long as the index does not.
type routes struct {
	*writer
	index *index.Index
	keep  time.Duration // how long a message can be read

	// Guarded by mu.
	mu      sync.Mutex
	serial  uint64
	pending map[string]route           // by id: queued, and not yet in the index; as many as the queue holds
	awaited map[string][]chan<- string // by id: who waits for its account
	waiting int                        // of all ids
}

// route is an id whose account is on its way to the index.
type route struct {
	id, account string
	serial      uint64 // later ones of the same id have a higher one
}

func newRoutes(rec *writer, ix *index.Index, keep time.Duration) *routes {
	return &routes{writer: rec, index: ix, keep: keep, pending: make(map[string]route), awaited: make(map[string][]chan<- string)}
}

// Route says that the message which the SMSC knows by id belongs to account. id is copied.
// It is remembered as long as a message can be read; of two accounts the later one counts.
// Route never waits: w is told when the record is in the log, or when it will not be soon,
// maybe before Route returns. While the ledger is down the record waits for it. An empty id or
// account is not recorded, nor is an id of over 65 octets.
func (rs *routes) Route(account string, id []byte, w Waiter, token uint64) {
	defer crash.OnPanic()
	if len(id) == 0 || len(id) > journal.MaxRouteID || account == "" || len(account) > journal.MaxAccount {
		w.Logged(token)
		return
	}
	// Who waits is told by the appender, and there is one when the ledger has been up.
	up := rs.status.up.Load()
	r := rs.add(account, string(id))
	b := rs.queue.begin(journal.KindRoute)
	if b == nil {
		rs.settle(r)
		w.Logged(token)
		return
	}
	b.buf = journal.AppendRoute(b.buf, message.DayOf(time.Now().UnixMilli()), account, id)
	b.routes = append(b.routes, r)
	if up {
		b.waits = append(b.waits, wait{w, token})
	}
	rs.queue.end(b)
	if !up {
		w.Logged(token)
	}
}

// Routed returns the account that id belongs to; false when that is not known.
func (rs *routes) Routed(id []byte) (account string, ok bool) {
	defer crash.OnPanic()
	if account, ok = rs.find(id); ok {
		return account, true
	}
	if len(id) > journal.MaxRouteID {
		return "", false
	}
	today := message.DayOf(time.Now().UnixMilli())
	account, err := rs.index.Route(id, today, uint16(rs.keep/(24*time.Hour))+2)
	return account, err == nil && account != ""
}

// AwaitRoute is Routed for an id whose account may not be known yet, since a receipt may
// come before the answer to its message: it waits until it is, or ctx ends. When ten
// thousand wait already it does not.
func (rs *routes) AwaitRoute(ctx context.Context, id []byte) (account string, ok bool) {
	defer crash.OnPanic()
	if account, ok = rs.Routed(id); ok {
		return account, true
	}
	told := make(chan string, 1)
	if !rs.await(string(id), told) {
		return "", false
	}
	defer rs.leave(string(id), told)
	for {
		changed, _ := rs.status.Get()
		// It may have come before await; or with the log, when the ledger was not up.
		if account, ok = rs.Routed(id); ok {
			return account, true
		}
		select {
		case account = <-told:
			return account, true
		case <-changed:
		case <-ctx.Done():
			return "", false
		}
	}
}

// add notes the account of an id, and sends it to all that wait for it.
func (rs *routes) add(account, id string) route {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.serial++
	r := route{id: id, account: account, serial: rs.serial}
	rs.pending[id] = r
	for _, told := range rs.awaited[id] {
		told <- account // it has room for one, and is told once
		rs.waiting--
	}
	delete(rs.awaited, id)
	return r
}

// settle forgets routes: the index knows them, or never will.
func (rs *routes) settle(all ...route) {
	if len(all) == 0 {
		return
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, r := range all {
		if rs.pending[r.id].serial == r.serial {
			delete(rs.pending, r.id)
		}
	}
}

func (rs *routes) find(id []byte) (account string, ok bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	r, ok := rs.pending[string(id)]
	return r.account, ok
}

// await makes add send the account of id to told. It returns false if too many wait.
func (rs *routes) await(id string, told chan<- string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.waiting >= maxAwaitings {
		return false
	}
	rs.waiting++
	rs.awaited[id] = append(rs.awaited[id], told)
	return true
}

// leave ends what await began, if add has not.
func (rs *routes) leave(id string, told chan<- string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := rs.awaited[id]
	i := slices.Index(all, told)
	if i < 0 {
		return
	}
	rs.waiting--
	if len(all) == 1 {
		delete(rs.awaited, id)
		return
	}
	rs.awaited[id] = slices.Delete(all, i, i+1)
}
