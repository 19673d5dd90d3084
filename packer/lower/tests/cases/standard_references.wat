;; Exception references: kept, moved, compared with null, thrown again. One word of payload: they are i64s.
;;! kept(21) = 521
;;! cleanup(2) = 1102
;;! cleanup(5) = 5
;;! cleaned(5) = 1
;;! outlives(3, 5) = 3005
;;! is_null(0) = 1
;;! is_null(1) = 0
;;! null() traps
;;! selects(0) = 7
;;! selects(1) = 8
;;! through(9) = 18
;;! in_block(4) = 4
;;! in_if(0) = 70
;;! in_if(1) = 71
;;! in_loop() = 3
;;! global_null() = 1
;;! tee(6) = 6
;;! indirect(5) = 5
;;! floats(12) = 12
;;! no_payload() = 1
;;! tags(0) = 10
;;! tags(1) = 20
;;! tags(2) = 30
;;! uncaught_again(3) throws in thr_a
;;! in_dead_code() = 1
;;! tail(7) = 7
;;! to_label_below(3) = 4
;;! into_try(3) = 33
(module
  (tag $a (param i32)) (tag $n) (tag $f (param f32))
  (type $give (func (param i32) (result exnref)))
  (global $keep (mut exnref) (ref.null exn))
  (global $nil nullexnref (ref.null noexn))
  (table 2 funcref) (elem (i32.const 0) $reference)
  (memory 1)
  (func $thr_a (param i32) (result i32) (local.get 0) (throw $a))
  (func $maybe (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a (local.get 0)))) (local.get 0))
  (func $reference (param i32) (result exnref)
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (drop (call $thr_a (local.get 0)))) (unreachable)))
  (func $value (param exnref) (result i32)
    (block $h (result i32) (try_table (catch $a $h) (throw_ref (local.get 0))) (unreachable)))
  (func (export "kept") (param i32) (result i32) (local $e exnref)
    (block $o (result i32)
      (try_table (result i32) (catch $a $o)
        (block $h (result i32 exnref)
          (try_table (result i32) (catch_ref $a $h) (call $thr_a (local.get 0)))
          (return))
        (local.set $e) (drop)
        (drop (call $value (call $reference (i32.const 3))))
        (throw_ref (local.get $e)))
      (return))
    (i32.const 500) (i32.add))
  (func $clean (param i32) (result i32)
    (block $h (result exnref)
      (try_table (catch_all_ref $h)
        (return (i32.add (i32.const 1100) (call $maybe (local.get 0)))))
      (unreachable))
    (global.set $keep)
    (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
    (drop (call $value (call $reference (i32.const 1))))
    (throw_ref (global.get $keep)))
  (func $cleanup (export "cleanup") (param i32) (result i32)
    (block $h (result i32) (try_table (catch $a $h) (return (call $clean (local.get 0)))) (unreachable)))
  (func (export "cleaned") (param i32) (result i32)
    (drop (call $cleanup (local.get 0))) (i32.load (i32.const 8)))
  (func (export "outlives") (param i32 i32) (result i32) (local $x exnref) (local $y exnref)
    (local.set $x (call $reference (local.get 0)))
    (local.set $y (call $reference (local.get 1)))
    (i32.add (i32.mul (i32.const 1000) (call $value (local.get $x))) (call $value (local.get $y))))
  (func (export "is_null") (param i32) (result i32) (local $e exnref)
    (if (local.get 0) (then (local.set $e (call $reference (i32.const 0)))))
    (ref.is_null (local.get $e)))
  (func (export "null") (throw_ref (ref.null exn)))
  (func (export "selects") (param i32) (result i32)
    (call $value
      (select (result exnref) (call $reference (i32.const 8)) (call $reference (i32.const 7)) (local.get 0))))
  (func $pass (param exnref i32) (result i32 exnref) (local.get 1) (local.get 0))
  (func (export "through") (param i32) (result i32)
    (call $pass (call $reference (local.get 0)) (i32.const 9)) (call $value) (i32.add))
  (func (export "in_block") (param i32) (result i32)
    (call $value (block (result exnref) (call $reference (local.get 0)))))
  (func (export "in_if") (param i32) (result i32)
    (call $value
      (if (result exnref) (local.get 0)
        (then (call $reference (i32.const 71)))
        (else (call $reference (i32.const 70))))))
  (func (export "in_loop") (result i32) (local i32)
    (call $reference (i32.const 0))
    (loop $l (param exnref) (result exnref)
      (drop)
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (call $reference (local.get 0))
      (br_if $l (i32.lt_u (local.get 0) (i32.const 3))))
    (call $value))
  (func (export "global_null") (result i32)
    (i32.and (ref.is_null (global.get $keep)) (ref.is_null (global.get $nil))))
  (func (export "tee") (param i32) (result i32) (local (ref null exn))
    (drop (local.tee 1 (call $reference (local.get 0)))) (call $value (local.get 1)))
  (func (export "indirect") (param i32) (result i32)
    (call $value (call_indirect (type $give) (local.get 0) (i32.const 0))))
  (func (export "floats") (param f32) (result f32)
    (block $h (result f32)
      (try_table (catch $f $h)
        (block $r (result f32 exnref)
          (try_table (catch_ref $f $r) (throw $f (local.get 0))) (unreachable))
        (throw_ref))
      (unreachable)))
  (func (export "no_payload") (result i32)
    (block $h
      (try_table (catch $n $h)
        (throw_ref (block $r (result exnref) (try_table (catch_ref $n $r) (throw $n)) (unreachable))))
      (unreachable))
    (i32.const 1))
  (func $any (param i32) (result exnref)
    (block $h (result exnref)
      (try_table (catch_all_ref $h)
        (if (i32.eqz (local.get 0)) (then (throw $a (i32.const 10))))
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $f (f32.const 20))))
        (throw $n))
      (unreachable)))
  (func (export "tags") (param i32) (result i32)
    (block $hn
      (return
        (block $ha (result i32)
          (i32.trunc_f32_s
            (block $hf (result f32)
              (try_table (catch $f $hf) (catch $n $hn) (catch $a $ha)
                (throw_ref (call $any (local.get 0))))
              (unreachable))))))
    (i32.const 30))
  (func (export "uncaught_again") (param i32)
    (throw_ref (call $reference (local.get 0))))
  (func (export "in_dead_code") (result i32)
    (i32.const 1) (return) (ref.is_null) (drop) (throw_ref))
  (func $tail (param i32) (result i32) (return_call $thr_a (local.get 0)))
  (func $tail_in_try (param i32) (result i32)
    (block $h (result i32)
      (try_table (catch $a $h) (return_call $tail (local.get 0))) (unreachable))
    (i32.const 100) (i32.add))
  (func (export "tail") (param i32) (result i32)
    (block $h (result i32) (try_table (result i32) (catch $a $h) (call $tail_in_try (local.get 0)))))
  (func (export "to_label_below") (param i32) (result i32)
    (block $o (result i32)
      (call $value
        (block $h (result exnref)
          (i64.const 1) (f64.const 2)
          (try_table (catch_all_ref $h) (i32.const 5) (drop (call $thr_a (local.get 0))) (drop))
          (drop) (drop) (br $o (i32.const 0))))
      (i32.const 1) (i32.add)))
  ;; a try that takes a reference
  (func (export "into_try") (param i32) (result i32)
    (block $o (result i32)
      (call $reference (i32.const 30))
      (try_table (param exnref) (result i32) (catch $a $o)
        (call $value) (local.get 0) (i32.add) (throw $a)))))
