;; Traps in functions that change: what is told of them is told of the module as given.
;;! divides(0) traps
;;! divides(2) = 50
;;! in_try(0) traps
;;! after_catch(1) traps
;;! through_table(5) traps
;;! null() traps
;;! in_handler(3) traps
(module
  (type $f (func (param i32) (result i32)))
  (tag $a (param i32))
  (memory 1)
  (table 3 funcref) (elem (i32.const 0) $one)
  (global (mut exnref) (ref.null exn))
  (func $one (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (local.get 0))))
    (i32.div_u (i32.const 100) (local.get 0)))
  (func $two (param i32) (result i32) (i32.add (i32.const 0) (call $one (local.get 0))))
  (func (export "divides") (param i32) (result i32)
    (drop (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $two (i32.const 4)))))
    (i32.add (i32.const 0) (call $two (local.get 0))))
  (func (export "in_try") (param i32) (result i32)
    (block $out
      (loop $l
        (block $h (result i32)
          (try_table (catch $a $h) (drop (call $two (local.get 0))) (br $out))
          (unreachable))
        (drop)))
    (i32.const 1))
  (func (export "after_catch") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $two (local.get 0))) (return))
    (i32.const 65536) (i32.mul) (i32.load))
  (func (export "through_table") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h)
        (drop (call_indirect (type $f) (i32.const 2) (i32.const 0)))
        (call_indirect (type $f) (i32.const 2) (local.get 0)))))
  (func (export "null") (throw_ref (global.get 0)))
  (func (export "in_handler") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (drop (call $two (i32.const 1)))) (unreachable))
    (drop) (unreachable)))
