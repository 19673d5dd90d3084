;; A start function that throws: the module cannot be instantiated.
;;! never() throws in start
(module
  (tag $a (param i32))
  (start $start)
  (func $start (throw $a (i32.const 1)))
  (func (export "never") (result i32) (i32.const 1)))
