package index

import (
	"maps"
	"sync/atomic"
)

// accounts knows which accounts may own message_ids. What has expired still counts until the next start.
type accounts struct {
	all atomic.Pointer[map[string]struct{}]
}

// note notes that an account owns an id, or will in a moment.
func (a *accounts) note(account []byte) {
	for {
		old := a.all.Load()
		if _, has := a.load()[string(account)]; has {
			return
		}
		all := map[string]struct{}{string(account): {}}
		maps.Copy(all, a.load())
		if a.all.CompareAndSwap(old, &all) {
			return
		}
	}
}

// load returns the accounts.
func (a *accounts) load() map[string]struct{} {
	if all := a.all.Load(); all != nil {
		return *all
	}
	return nil
}

// readOwners reads from the store which accounts own ids. Which ids these are is not known yet, unless there are none.
func (ix *Index) readOwners(l *lookup) {
	ix.ids.refill(false)
	ix.ids.full.Store(ix.hasNoOwners() && l.err == nil)
	for ok := l.within([]byte{prefixOwner}); ok; {
		account, id := splitOwnerKey(l.it.Key())
		ix.accounts.note(account)
		next := upper(l.it.Key()[:len(l.it.Key())-len(id)]) // the next account of the day, or the next day
		ok = l.seek(next) && l.it.Key()[0] == prefixOwner
	}
}
