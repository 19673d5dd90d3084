;; Clauses: their order, what falls through, operands below, results, labels that they go to.
;;! payload(2) = 1114
;;! payload(3) = 10003
;;! order(0) = 0
;;! order(1) = 101
;;! order(2) = 202
;;! order(3) = 999
;;! order(4) = 999
;;! falls(0) = 7
;;! falls(1) = 31
;;! falls(2) = 42
;;! falls(3) throws in by
;;! own_label(8) = 1108
;;! own_label(9) = 9
;;! to_loop(10) = 30
;;! out_by_br(5) = 5
;;! out_by_br(20) = 9
;;! out_by_table(0) = 100
;;! out_by_table(1) = 200
;;! out_by_table(2) = 300
;;! out_by_table(9) = 77
;;! many(4) = 80
;;! many(5) = 82
;;! no_clause(0) = 1
;;! no_clause(1) throws in by
;;! dead_clause(1) = 1
;;! nested(1) = 12
;;! nested(2) = 20
;;! nested(3) = 3
;;! from_handler(1) = 55
;;! polymorphic() = 11
;;! in_loop(10) = 25
(module
  (tag $a (param i32)) (tag $b (param i32)) (tag $n)
  (func $by (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 1))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b (i32.const 2))))
    (if (i32.ge_u (local.get 0) (i32.const 3)) (then (throw $n)))
    (local.get 0))
  (func $maybe (param i32) (result i32)
    (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a (local.get 0)))) (local.get 0))
  (func $deep (param i32) (result i32)
    (i32.add (i32.const 1000) (i32.add (i32.const 100) (call $maybe (local.get 0)))))
  (func (export "payload") (param i32) (result i32)
    (block $h (result i32)
      (i32.const 7)
      (try_table (result i32) (catch $a $h) (i32.const 5) (call $deep (local.get 0)) (i32.add))
      (i32.add) (return))
    (i32.const 10000) (i32.add))
  (func (export "order") (param i32) (result i32)
    (block $hn
      (block $hb (result i32)
        (block $ha (result i32)
          (try_table (result i32) (catch $b $hb) (catch $a $ha) (catch_all $hn) (call $by (local.get 0)))
          (return))
        (i32.const 100) (i32.add) (return))
      (i32.const 200) (i32.add) (return))
    (i32.const 999))
  (func (export "falls") (param i32) (result i32)
    (block $hb (result i32)
      (try_table (result i32) (catch $b $hb)
        (block $ha (result i32)
          (try_table (result i32) (catch $a $ha) (drop (call $by (local.get 0))) (i32.const 7))
          (br 1))
        (i32.const 30) (i32.add))
      (return))
    (i32.const 40) (i32.add))
  (func (export "own_label") (param i32) (result i32)
    (try_table (result i32) (catch $a 0) (call $deep (local.get 0))))
  ;; a clause that goes to a loop, with the payload as its parameter
  (func (export "to_loop") (param i32) (result i32) (local i32)
    (i32.const 5)
    (loop $l (param i32) (result i32)
      (local.set 1 (i32.add (local.get 1)))
      (if (i32.lt_s (local.get 1) (i32.const 30))
        (then (try_table (catch $a $l) (throw $a (i32.const 5)))))
      (local.get 1)))
  (func (export "out_by_br") (param i32) (result i32)
    (block $out (result i32)
      (block $h
        (try_table (catch_all $h)
          (drop (br_if $out (local.get 0) (i32.lt_s (local.get 0) (i32.const 10))))
          (br $out (i32.const 9))))
      (i32.const 8)))
  (func (export "out_by_table") (param i32) (result i32)
    (block $h (result i32)
      (block $c (block $b (block $a2
        (try_table (catch $a $h)
          (br_table $a2 $b $c 0 (local.get 0)))
        (return (i32.const 77)))
        (return (i32.const 100)))
        (return (i32.const 200)))
      (i32.const 300)))
  (func (export "many") (param i32) (result i32)
    (block $h (result i32)
      (local.get 0) (i32.const 3)
      (try_table (param i32 i32) (result i32 i32 i32) (catch $a $h)
        (drop) (drop) (if (i32.and (local.get 0) (i32.const 1)) (then (throw $a (local.get 0))))
        (local.get 0) (i32.const 33) (i32.const 40))
      (i32.add) (i32.add) (i32.const 3) (i32.add) (return))
    (i32.const 77) (i32.add))
  (func (export "no_clause") (param i32) (result i32)
    (try_table (result i32) (drop (call $by (local.get 0))) (i32.const 1)))
  (func (export "dead_clause") (param i32) (result i32)
    (block $never (result i32)
      (block $h (result i32)
        (try_table (result i32) (catch $a $h) (catch $a $never) (call $by (local.get 0))) (return))
      (return))
    (i32.const 66) (i32.add))
  (func $inner (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h) (call $by (local.get 0))) (return))
    (i32.const 11) (i32.add))
  (func (export "nested") (param i32) (result i32)
    (block $all
      (block $h (result i32)
        (try_table (result i32) (catch $b $h) (catch_all $all)
          (try_table (result i32) (try_table (result i32) (call $inner (local.get 0)))))
        (return))
      (return (i32.mul (i32.const 10))))
    (i32.const 3))
  ;; what a handler throws is for those outside
  (func (export "from_handler") (param i32) (result i32)
    (block $hb (result i32)
      (try_table (result i32) (catch $b $hb)
        (block $ha (result i32)
          (try_table (result i32) (catch $a $ha) (catch $b $ha) (call $by (local.get 0))) (return))
        (i32.const 54) (i32.add) (throw $b))
      (return)))
  (func (export "polymorphic") (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $a $h)
        (throw $a (i32.const 11)) (i64.const 1) (drop) (f64.add) (drop))
      (drop) (i32.const 0)))
  (func (export "in_loop") (param $n i32) (result i32) (local $caught i32) (local $i i32)
    (block $out
      (loop $l
        (block $h (result i32)
          (try_table (catch $a $h)
            (br_if $out (i32.ge_s (local.get $i) (local.get $n)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (drop (call $maybe (local.get $i)))
            (br $l))
          (unreachable))
        (local.set $caught (i32.add (local.get $caught)))
        (br $l)))
    (local.get $caught)))
