package helm

import (
	"fmt"
	"reflect"

	"github.com/Masterminds/sprig/v3"
)

// once is Sprig's own function, called once for all renderings of a chart: keys take seconds, and what is compared must be
// the same. Within one rendering each call gives something new, as Helm's does.
func (d *draws) once(name string) any {
	own := reflect.ValueOf(sprig.TxtFuncMap()[name])
	return reflect.MakeFunc(own.Type(), func(args []reflect.Value) []reflect.Value {
		d.calls++
		values := make([]any, len(args))
		for i, arg := range args {
			values[i] = arg.Interface()
		}
		call := mark.ReplaceAllString(fmt.Sprint(d.calls, name, values), "")
		results, known := d.made[call]
		if !known {
			results = own.Call(args)
			d.made[call] = results
		}
		for _, made := range results {
			d.keepAll(made)
		}
		return results
	}).Interface()
}

// keepAll remembers the texts of what was made.
func (d *draws) keepAll(value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		d.keep(value.String())
	case reflect.Struct:
		for i := range value.NumField() {
			d.keepAll(value.Field(i))
		}
	}
}
