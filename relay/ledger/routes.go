package ledger

import (
	"context"
	"slices"
	"sync"
	"time"

	"readback/internal/crash"
	"readback/relay/journal"
	"readback/relay/message"
	"readback/smpp/receipt"
)

// maxAwaitings is how many wait for the account of an id, of all ids.
const maxAwaitings = 10_000

// routes says which account a message_id belongs to.
type routes struct {
	*owners

	// Guarded by mu.
	mu      sync.Mutex
	serial  uint64
	pending map[string][]route         // by key, oldest first: queued, and not yet in the index; as many as the queue holds
	awaited map[string][]chan<- string // by key: who waits for its account
	waiting int                        // of all ids
}

// route is an id whose account is on its way to the index.
type route struct {
	key, id, account string
	conv             message.Conversation // zero if it is not known
	serial           uint64               // later ones have a higher one
}

func newRoutes(o *owners) *routes {
	return &routes{owners: o, pending: make(map[string][]route), awaited: make(map[string][]chan<- string)}
}

// Route says that the message which the SMSC knows by id, in its canonical form, belongs to account. p is
// where it is filed, zero as far as that is not known. id is copied. It is remembered as long as the message
// can be read. Route never waits: w is told when the record is in the log, or when it will not be soon, maybe
// before Route returns. While the ledger is down the record waits for it. An empty id or account is not
// recorded, nor is an id of over 65 octets.
func (rs *routes) Route(account string, p journal.Place, id []byte, w Waiter, token uint64) {
	defer crash.OnPanic()
	if len(id) == 0 || len(id) > journal.MaxRouteID || account == "" || len(account) > journal.MaxAccount {
		w.Logged(token)
		return
	}
	// Who waits is told by the appender, and there is one when the ledger has been up.
	up := rs.status.up.Load()
	r := rs.add(route{key: string(receipt.Key(id)), id: string(id), account: account, conv: p.Conv})
	today := message.DayOf(time.Now().UnixMilli())
	if p.Day > today {
		rs.record(p.Day, account, id) // found when the record of today has expired
	}
	b := rs.queue.begin(journal.KindRoute)
	if b == nil {
		rs.settle(r)
		w.Logged(token)
		return
	}
	b.buf = journal.AppendRoute(b.buf, today, account, id)
	b.routes = append(b.routes, r)
	if up {
		b.waits = append(b.waits, wait{w, token})
	}
	rs.queue.end(b)
	if !up {
		w.Logged(token)
	}
}

// record queues the account of an id under a later day.
func (rs *routes) record(day uint16, account string, id []byte) {
	if b := rs.queue.begin(journal.KindRoute); b != nil {
		b.buf = journal.AppendRoute(b.buf, day, account, id)
		rs.queue.end(b)
	}
}

// Routed returns the account that id, in its canonical form, belongs to; false when that is not known. Of
// several messages with the id, the first of these decides, and of several the newest: one of the
// conversation that c says, one to the receiver, one with exactly this id, one with an id that is the same
// by receipt.Key. c is zero if it is not known.
func (rs *routes) Routed(c message.Conversation, id []byte) (account string, ok bool) {
	defer crash.OnPanic()
	if len(id) == 0 || len(id) > journal.MaxRouteID {
		return "", false
	}
	key := receipt.Key(id)
	if !c.Receiver.IsZero() {
		if account, ok = rs.routedBy(&c, key); ok {
			return account, true
		}
	}
	exactly := func(r *route) bool { return r.id == string(id) }
	if account, ok = rs.find(key, exactly); ok {
		return account, true
	}
	today, back := rs.days()
	if account, err := rs.index.Route(id, today, back); err != nil || account != "" {
		return account, err == nil
	}
	if account, ok = rs.find(key, func(*route) bool { return true }); ok {
		return account, true
	}
	account, err := rs.index.RouteByKey(key, today, back)
	return account, err == nil && account != ""
}

// routedBy returns the account of the message with an id that has the addresses of a receipt.
func (rs *routes) routedBy(c *message.Conversation, key []byte) (account string, ok bool) {
	if account, ok = rs.find(key, func(r *route) bool { return r.conv == *c }); ok {
		return account, true
	}
	is, _, err := rs.ownerOf("", c, key)
	if err != nil || is == nil {
		return "", false
	}
	return is.Account, true
}

// AwaitRoute is Routed for an id whose account may not be known yet, since a receipt may
// come before the answer to its message: it waits until it is, or ctx ends. When ten
// thousand wait already it does not.
func (rs *routes) AwaitRoute(ctx context.Context, c message.Conversation, id []byte) (account string, ok bool) {
	defer crash.OnPanic()
	if account, ok = rs.Routed(c, id); ok {
		return account, true
	}
	told, key := make(chan string, 1), string(receipt.Key(id))
	if !rs.await(key, told) {
		return "", false
	}
	defer rs.leave(key, told)
	for {
		changed, _ := rs.status.Get()
		// It may have come before await; or with the log, when the ledger was not up.
		if account, ok = rs.Routed(c, id); ok {
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
func (rs *routes) add(r route) route {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.serial++
	r.serial = rs.serial
	rs.pending[r.key] = append(rs.pending[r.key], r)
	for _, told := range rs.awaited[r.key] {
		told <- r.account // it has room for one, and is told once
		rs.waiting--
	}
	delete(rs.awaited, r.key)
	return r
}

// settle forgets routes: the index knows them, or never will.
func (rs *routes) settle(all ...route) {
	if len(all) == 0 {
		return
	}
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for _, gone := range all {
		left := slices.DeleteFunc(rs.pending[gone.key], func(r route) bool { return r.serial == gone.serial })
		if rs.pending[gone.key] = left; len(left) == 0 {
			delete(rs.pending, gone.key)
		}
	}
}

// find returns the account of the newest pending route that fits.
func (rs *routes) find(key []byte, fits func(*route) bool) (account string, ok bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := rs.pending[string(key)]
	for i := len(all) - 1; i >= 0; i-- {
		if fits(&all[i]) {
			return all[i].account, true
		}
	}
	return "", false
}

// await makes add send the account of id to told. It returns false if too many wait.
func (rs *routes) await(key string, told chan<- string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.waiting >= maxAwaitings {
		return false
	}
	rs.waiting++
	rs.awaited[key] = append(rs.awaited[key], told)
	return true
}

// leave ends what await began, if add has not.
func (rs *routes) leave(key string, told chan<- string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	all := rs.awaited[key]
	i := slices.Index(all, told)
	if i < 0 {
		return
	}
	rs.waiting--
	if len(all) == 1 {
		delete(rs.awaited, key)
		return
	}
	rs.awaited[key] = slices.Delete(all, i, i+1)
}
