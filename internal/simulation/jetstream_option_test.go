package simulation

import (
	"context"
	"reflect"
	"unsafe"

	"github.com/nats-io/nats.go/jetstream"
)

// contextOf returns the context of jetstream.NextContext. The package has no other way to read an option
// than to apply it to a struct that it does not export.
func contextOf(opts []jetstream.NextOpt) context.Context {
	for _, o := range opts {
		set := reflect.ValueOf(o)
		if set.Kind() != reflect.Func {
			continue
		}
		to := reflect.New(set.Type().In(0).Elem())
		set.Call([]reflect.Value{to})
		field := to.Elem().FieldByName("ctx")
		if ctx, ok := reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Interface().(context.Context); ok {
			return ctx
		}
	}
	return context.Background()
}
