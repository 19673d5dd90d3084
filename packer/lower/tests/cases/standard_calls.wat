;; Calls: through tables, in tail position, results of all types on the way, and what the outside calls.
;;! through_table(0, 1) = 11
;;! through_table(1, 7) = 107
;;! through_table(2, 3) traps
;;! results(2) = 1
;;! results(13) = 13
;;! quiet_table(4) = 4
;;! tail_return(3) = 203
;;! tail_end(3) = 203
;;! tail_br(3) = 203
;;! tail_in_try(3) = 303
;;! recursion(10) = 1010
;;! direct(5) throws in thrower
;;! renamed(5) throws in thrower
;;! exported_and_called(3) = 3
;;! exported_and_called(0) throws in both
;;! both(0) throws in both
;;! both(2) = 2
;;! trap_is_no_exception(0) traps
;;! started() = 77
;;! set_in_table(6) = 406
;;! two_tables(5) = 505
;;! last_in_block(0) = 1
;;! last_in_block(5) = 17
;;! last_in_if(0) = 1
;;! last_in_else(0) = 1
;;! last_in_loop(0) = 1
(module
  (type $f (func (param i32) (result i32)))
  (tag $a (param i32))
  (table $main 4 funcref) (elem (table $main) (i32.const 0) func $twice $thrower)
  (table $quiet 2 funcref) (elem (table $quiet) (i32.const 0) func $twice $twice)
  (table $filled 2 funcref)
  (memory 1)
  (func $twice (param i32) (result i32) (i32.add (local.get 0) (i32.const 10)))
  (func $thrower (export "direct") (export "renamed") (param i32) (result i32)
    (throw $a (i32.add (local.get 0) (i32.const 100))))
  (func (export "through_table") (param i32 i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h)
        (call_indirect $main (type $f) (local.get 1) (local.get 0)))))
  (func $results (param i32) (result f64 i64 f32 v128 funcref externref)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a (local.get 0))))
    (f64.const 1.5) (i64.const 2) (f32.const 1) (v128.const i64x2 1 2) (ref.null func) (ref.null extern))
  (func $more (param i32) (result f64 i64 f32 v128 funcref externref)
    (call $results (local.get 0)) (call $nop))
  (func $nop)
  (func (export "results") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h)
        (call $more (local.get 0)) (drop) (drop) (drop) (drop) (drop) (drop) (return (i32.const 1)))
      (unreachable)))
  (func (export "quiet_table") (param i32) (result i32)
    (i32.sub (call_indirect $quiet (type $f) (local.get 0) (i32.const 1)) (i32.const 10)))
  (func $tail_return (param i32) (result i32) (return (call $thrower (local.get 0))))
  (func $tail_end (param i32) (result i32) (call $thrower (local.get 0)))
  (func $tail_br (param i32) (result i32) (block (br 1 (call $thrower (local.get 0)))) (i32.const 0))
  (func $tail_in_try (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (return (call $thrower (local.get 0)))) (unreachable))
    (i32.const 200) (i32.add) (return))
  (func (export "tail_return") (param i32) (result i32)
    (i32.add (i32.const 100) (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $tail_return (local.get 0))))))
  (func (export "tail_end") (param i32) (result i32)
    (i32.add (i32.const 100) (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $tail_end (local.get 0))))))
  (func (export "tail_br") (param i32) (result i32)
    (i32.add (i32.const 100) (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $tail_br (local.get 0))))))
  (func (export "tail_in_try") (param i32) (result i32) (call $tail_in_try (local.get 0)))
  (func $down (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $a (i32.const 1000))))
    (i32.add (i32.const 1) (call $up (i32.sub (local.get 0) (i32.const 1)))))
  (func $up (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $down (local.get 0))) (return))
    (i32.const 1) (i32.add) (throw $a))
  (func (export "recursion") (param i32) (result i32)
    (block $h (result i32) (try_table (result i32) (catch $a $h) (call $down (local.get 0)))))
  (func $both (export "both") (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $a (i32.const 1)))) (local.get 0))
  (func (export "exported_and_called") (param i32) (result i32)
    (if (ref.is_null (ref.func $both)) (then (unreachable)))
    (drop (call $both (local.get 0))) (local.get 0))
  (func (export "trap_is_no_exception") (param i32) (result i32)
    (block $h (try_table (catch_all $h) (return (i32.div_u (i32.const 1) (local.get 0)))) (unreachable))
    (i32.const 1))
  (func $store (param i32) (i32.store (i32.const 0) (local.get 0)))
  (start $begin)
  (func $begin
    (block $h (result i32) (try_table (catch $a $h) (drop (call $thrower (i32.const -23)))) (unreachable))
    (call $store))
  (func (export "started") (result i32) (i32.load (i32.const 0)))
  (func (export "set_in_table") (param i32) (result i32)
    (table.set $filled (i32.const 1) (ref.func $thrower))
    (i32.add (i32.const 300) (block $h (result i32)
      (try_table (result i32) (catch $a $h)
        (call_indirect $filled (type $f) (local.get 0) (i32.const 1)) (i32.const 5) (i32.add)))))
  (func (export "two_tables") (param i32) (result i32)
    (i32.add (i32.const 400) (block $h (result i32)
      (try_table (result i32) (catch $a $h)
        (i32.add (call_indirect $quiet (type $f) (local.get 0) (i32.const 0))
          (call_indirect $main (type $f) (local.get 0) (i32.const 1)))))))
  ;; A call that is the last in a block is not the last in its function.
  (func $mark (i32.store (i32.const 8) (i32.const 16)))
  (func $check (param i32) (result i32) (i32.add (local.get 0) (i32.load (i32.const 8))))
  (func $block (param i32) (block (drop (block (result i32) (call $both (local.get 0))))) (call $mark))
  (func (export "last_in_block") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (call $block (local.get 0))) (i32.const 1))
    (call $check))
  (func $nothing (param i32) (if (i32.eqz (local.get 0)) (then (throw $a (i32.const 1)))))
  (func $if (param i32)
    (if (i32.eqz (local.get 0)) (then (call $nothing (local.get 0)))) (call $mark))
  (func (export "last_in_if") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (call $if (local.get 0))) (i32.const 2))
    (call $check))
  (func $else (param i32)
    (if (local.get 0) (then (call $nothing (local.get 0))) (else (call $nothing (local.get 0)))) (call $mark))
  (func (export "last_in_else") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (call $else (local.get 0))) (i32.const 2))
    (call $check))
  (func $loop (param i32) (loop (call $nothing (local.get 0))) (call $mark))
  (func (export "last_in_loop") (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (call $loop (local.get 0))) (i32.const 2))
    (call $check)))
