// Package index makes the journal searchable: it applies the batches of the log to a Pebble store,
// and finds the messages, parts, routes, opt-outs and outboxes that they describe. It is the only
// package that uses Pebble.
//
// Its files, by what they are about:
//
//	the store            index.go, open.go, version.go; where it follows the log: position.go, lineage.go
//	  and the disk       guard.go, damage.go, compaction.go; copies for backups: copy.go
//	its rows             keys.go, rows.go; of one kind each: entry.go, head.go, id_owner.go, route.go, part.go,
//	                     merge.go (split messages), outbox.go, optout.go, cycle.go, skip.go
//	  in memory first    staged.go, staged_write.go, staged_replay.go; as a map: package rowmap
//	a batch is applied   apply.go, result.go, moved.go, step.go; its records: accepted.go, state.go, event.go, feedback.go, and those
//	                     named like rows
//	something is found   find.go, newest.go, lookup.go; what saves a look: key_filter.go, days.go, entry_days.go, accounts.go,
//	                     persons.go
//	the log is read      replay.go, follow.go, progress.go; beside it: recent.go
//	  and something lost lost.go; an older store: old_stores.go, salvage.go
//	a receiver is erased erase.go; out of the files: purge.go, purge_ranges.go, purge_traces.go, purge_manifest.go;
//	                     out of the log: padding.go
package index
