//! Long branch tables.
//!
//! Cranelift's code for 64-bit Arm goes to a br_table's default target with an instruction that reaches 1 MiB, over the table;
//! past 262,144 targets it goes elsewhere (CVE-2026-115893). Singlepass' code for that CPU does not come about at all. A longer
//! table than [`MOST`] becomes several, one for each page of its targets:
//!
//! ```text
//! br_table t0 t1 ... default     local.set $index
//!                                (local.get $index) (i32.lt_u (i32.const 32768))
//!                                if (param carried) (result carried)
//!                                  (local.get $index) br_table t0+1 ... t32767+1 default+1
//!                                end
//!                                (local.get $index) (i32.lt_u (i32.const 65536))
//!                                if (param carried) (result carried)
//!                                  (i32.sub (local.get $index) (i32.const 32768)) br_table t32768+1 ... default+1
//!                                end
//!                                br default
//! ```

use std::collections::BTreeMap;

use lower::{OffsetMap, Original};
use wasm_encoder::{BlockType, Encode, Instruction};
use wasmer_compiler::wasmparser::{
    self, BinaryReaderError, BrTable, FrameKind, FuncValidator, FuncValidatorAllocations, FunctionBody,
    Operator, ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures, WasmModuleResources,
};

use super::parts::{self, Parts};

/// The most targets that a table may have: an eighth of what reaches.
pub(super) const MOST: u32 = 32 * 1024;

/// The mark of a function's type.
const FUNCTION: u8 = 0x60;

/// Makes long tables several. The bodies that are replaced for that, by their index, and where in the module they come from.
pub(super) fn fit(
    module: &[u8],
    parts: &mut Parts<'_>,
) -> Result<BTreeMap<usize, OffsetMap>, BinaryReaderError> {
    let mut replaced = BTreeMap::new();
    let bodies = parts::bodies(module)?;
    // A target takes a byte at least: most modules are not looked at any further.
    let mut long = Vec::new();
    for (index, body) in bodies.iter().enumerate() {
        if body.range().len() > MOST as usize && has_long_table(body)? {
            long.push(index);
        }
    }
    if long.is_empty() {
        return Ok(replaced);
    }
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut index = 0;
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            if long.contains(&index) {
                let checked = function.into_validator(FuncValidatorAllocations::default());
                let (body, map) = rewritten(module, checked, &body, parts)?;
                parts.replace_body(index, body);
                replaced.insert(index, map);
            }
            index += 1;
        }
    }
    Ok(replaced)
}

fn has_long_table(body: &FunctionBody<'_>) -> Result<bool, BinaryReaderError> {
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        if let Operator::BrTable { targets } = operators.read()?
            && targets.len() > MOST
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The function `body` with its long tables made several: locals and instructions, and where in the module they come from.
fn rewritten(
    module: &[u8],
    mut validator: FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    parts: &mut Parts<'_>,
) -> Result<(Vec<u8>, OffsetMap), BinaryReaderError> {
    let mut locals = body.get_locals_reader()?;
    let groups = locals.get_count();
    let before_groups = locals.original_position();
    for _ in 0..groups {
        let offset = locals.original_position();
        let (count, ty) = locals.read()?;
        validator.define_locals(offset, count, ty)?;
    }
    let after_groups = locals.original_position();
    let index = validator.len_locals();

    let (mut out, mut map) = (Vec::with_capacity(body.range().len()), OffsetMap::default());
    map.push(0, Original::at(body.range().start));
    (groups + 1).encode(&mut out);
    out.extend_from_slice(&module[before_groups..after_groups]);
    1u32.encode(&mut out);
    wasm_encoder::ValType::I32.encode(&mut out);

    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let start = operators.original_position();
        let operator = operators.read()?;
        match &operator {
            Operator::BrTable { targets } if targets.len() > MOST => {
                let carried = carried(&validator, targets.default());
                let block = match &carried[..] {
                    [] => BlockType::Empty,
                    types => BlockType::FunctionType(parts.add_type(through(types))?),
                };
                map.push(out.len() as u32, Original::at(start));
                several(&mut out, targets, index, block)?;
            }
            _ => {
                map.push(out.len() as u32, Original::run(start));
                out.extend_from_slice(&module[start..operators.original_position()]);
            }
        }
        validator.op(start, &operator)?;
    }
    Ok((out, map))
}

/// The types of the values that a branch to this label carries.
fn carried(validator: &FuncValidator<ValidatorResources>, label: u32) -> Vec<ValType> {
    let frame = validator.get_control_frame(label as usize).expect("the module is valid");
    let to_start = frame.kind == FrameKind::Loop;
    match frame.block_type {
        wasmparser::BlockType::Empty => Vec::new(),
        wasmparser::BlockType::Type(ty) => {
            if to_start {
                Vec::new()
            } else {
                vec![ty]
            }
        }
        wasmparser::BlockType::FuncType(index) => {
            let ty = validator.resources().sub_type_at(index).expect("the module is valid");
            let ty = ty.unwrap_func();
            (if to_start { ty.params() } else { ty.results() }).to_vec()
        }
    }
}

/// The function type that takes `types` and returns them.
fn through(types: &[ValType]) -> Vec<u8> {
    let types: Vec<wasm_encoder::ValType> = types.iter().map(|ty| encoded(*ty)).collect();
    let mut out = vec![FUNCTION];
    types[..].encode(&mut out);
    types[..].encode(&mut out);
    out
}

fn encoded(ty: ValType) -> wasm_encoder::ValType {
    use wasm_encoder::{AbstractHeapType, HeapType, RefType, ValType as To};
    match ty {
        ValType::I32 => To::I32,
        ValType::I64 => To::I64,
        ValType::F32 => To::F32,
        ValType::F64 => To::F64,
        ValType::V128 => To::V128,
        ValType::FUNCREF => To::FUNCREF,
        ValType::EXTERNREF => To::EXTERNREF,
        // What neither compiler has was refused before.
        ValType::Ref(_) => To::Ref(RefType {
            nullable: true,
            heap_type: HeapType::Abstract { shared: false, ty: AbstractHeapType::Exn },
        }),
    }
}

/// `targets` in pages, chosen by what is on the stack, which the local `index` keeps.
fn several(
    out: &mut Vec<u8>,
    targets: &BrTable<'_>,
    index: u32,
    block: BlockType,
) -> Result<(), BinaryReaderError> {
    let all: Vec<u32> = targets.targets().collect::<Result<_, _>>()?;
    let mut put = |instruction: Instruction<'_>| instruction.encode(out);
    put(Instruction::LocalSet(index));
    for (page, labels) in all.chunks(MOST as usize).enumerate() {
        let start = page as u32 * MOST;
        put(Instruction::LocalGet(index));
        put(Instruction::I32Const((start + MOST) as i32));
        put(Instruction::I32LtU);
        put(Instruction::If(block));
        put(Instruction::LocalGet(index));
        put(Instruction::I32Const(start as i32));
        put(Instruction::I32Sub);
        // One label more lies around them.
        let labels: Vec<u32> = labels.iter().map(|label| label + 1).collect();
        put(Instruction::BrTable(labels.into(), targets.default() + 1));
        put(Instruction::End);
    }
    put(Instruction::Br(targets.default()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Fitted, fit};
    use super::*;

    /// How many targets each table of `module` has.
    fn tables(module: &[u8]) -> Vec<u32> {
        let mut lengths = Vec::new();
        for body in parts::bodies(module).unwrap() {
            let mut operators = body.get_operators_reader().unwrap();
            while !operators.eof() {
                if let Operator::BrTable { targets } = operators.read().unwrap() {
                    lengths.push(targets.len());
                }
            }
        }
        lengths
    }

    fn module(count: u32, carried: &str, values: &str) -> Vec<u8> {
        let text = format!(
            "(module (func (export \"_start\")) (func (param i32) (local f32) (result {carried})
               (block (result {carried}) {values} (br_table {} 1 (local.get 0)))))",
            "0 ".repeat(count as usize)
        );
        wat::parse_str(text.replace("(local f32) (result", "(result").replace("(block", "(local f32) (block"))
            .unwrap()
    }

    #[test]
    fn a_table_of_the_most_targets_stays() {
        let module = module(MOST, "", "");
        assert_eq!(fit(module.clone(), None).unwrap(), Fitted { wasm: module, map: None });
    }

    #[test]
    fn longer_ones_become_as_many_as_it_takes_and_the_module_stays_valid() {
        for (carried, values) in [
            ("", ""),
            ("i64", "(i64.const 1)"),
            (
                "i32 f64 v128 funcref externref exnref",
                "(i32.const 1) (f64.const 2) (v128.const i64x2 1 2) (ref.null func) (ref.null extern) (ref.null exn)",
            ),
        ] {
            let fitted = fit(module(2 * MOST + 5, carried, values), None).unwrap().wasm;
            assert_eq!(tables(&fitted), [MOST, MOST, 5], "{carried}");
            assert_eq!(fit(fitted.clone(), None).unwrap().wasm, fitted);
        }
    }

    #[test]
    fn tables_that_lead_to_a_loop_or_stand_where_nothing_comes_are_rewritten_as_well() {
        let labels = "0 ".repeat(MOST as usize + 1);
        for body in [
            format!("(i64.const 3) (loop (param i64) (br_table {labels} 0 (local.get 0)))"),
            format!("unreachable br_table {labels} 0"),
            format!("(block (result i64) unreachable br_table {labels} 0) drop"),
            format!("(block (br_table {labels} 0 (local.get 0))) (br_table {labels} 0 (local.get 0))"),
        ] {
            let text = format!("(module (func (param i32) {body}))");
            let fitted = fit(wat::parse_str(text).unwrap(), None).unwrap().wasm;
            assert!(tables(&fitted).iter().all(|count| *count <= MOST));
        }
    }
}
