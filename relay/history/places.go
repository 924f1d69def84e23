package history

import (
	"context"

	"readback/relay/journal"
	"readback/relay/message"
)

// At returns the messages at places, in their order; nil in place of one that is gone, or whose number a later one has.
func (fs *Finder) At(ctx context.Context, places []journal.Place) ([]*message.History, error) {
	all, sources := make([]*message.History, len(places)), make([]source, 0, len(places))
	var which []int // of the places has a source
	err := fs.search(ctx, func() error {
		for i := range places {
			f, err := fs.opt.Index.Entry(&places[i])
			if err != nil {
				return err
			}
			if f != nil {
				sources, which = append(sources, fs.ofEntry(f)), append(which, i)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	histories, err := fs.complete(ctx, sources)
	if err != nil {
		return nil, err
	}
	for i, at := range which {
		all[at] = &histories[i]
	}
	return all, nil
}
